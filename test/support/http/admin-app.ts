import { NO_QUEUES } from "../no-queues.ts";
import { NO_ARCHIVES } from "../no-archives.ts";
import { NO_LINES } from "../functions/no-lines.ts";
import { NO_MAPPINGS } from "../no-mappings.ts";
import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import type { AdminAppOptions, Running } from "../../../src/edge/admin/admin-app.ts";
import { createAdminApp } from "../../../src/edge/admin/admin-app.ts";
import { KeptList } from "../../../src/flow/schedule/kept/kept-list.ts";
import { NO_BOOK } from "../../../src/flow/schedule/kept/stored-book.ts";
import { allowEverybody } from "./authenticator.ts";
import { IDENTITY, sampleConfig } from "../sample.ts";

/** The version that the admin port of tests says. */
export const VERSION = "1.2.3";

/** The application of the admin port, of a router that is starting, except for what a test changes. */
export function adminAppOf(changes: Partial<AdminAppOptions>): RequestListener {
  return createAdminApp(adminOptions(changes));
}

/** What that application is made of. */
export function adminOptions(changes: Partial<AdminAppOptions> = {}): AdminAppOptions {
  return {
    metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    readiness: () => ({ ready: true }),
    router: () => ({ state: "starting" }),
    config: () => sampleConfig({}),
    explain: () => Promise.resolve({ ok: false, reason: "unknown", message: "nothing to explain" }),
    render: () => ({ is: "unknown", message: "nothing to render" }),
    authenticator: allowEverybody(),
    identity: IDENTITY,
    version: VERSION,
    report: (error) => assert.fail(String(error)),
    ...changes,
  };
}

/** A router that has a broker, and nothing that is paused or dead. */
export function runningWith(broker: Running["broker"]): Running {
  const unused = (): never => assert.fail("the test has none of this");
  return {
    state: "running",
    broker,
    pauses: { list: unused, pause: unused, resume: unused },
    blockedKeys: { list: unused, skip: unused },
    deadLetters: { list: unused, show: unused, count: unused, redrive: unused, purge: unused, stop: unused },
    jobs: { list: unused, find: unused, start: unused, change: unused },
    archivedEvents: { matches: () => Promise.resolve(undefined) },
    replayCounts: { count: unused },
    tail: { open: unused },
    functionTests: { test: unused },
    functionLines: NO_LINES,
    routers: { list: () => [], lastHour: () => [] },
    schedules: new KeptList(NO_BOOK, IDENTITY, { of: () => undefined }),
    archives: NO_ARCHIVES,
    mappings: NO_MAPPINGS,
    queues: NO_QUEUES,
  };
}
