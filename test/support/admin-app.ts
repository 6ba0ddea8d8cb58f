import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import type { AdminAppOptions, Running } from "../../src/edge/admin/admin-app.ts";
import { createAdminApp } from "../../src/edge/admin/admin-app.ts";
import { allowEverybody } from "./authenticator.ts";
import { IDENTITY, sampleConfig } from "./sample.ts";

/** The version that the admin port of tests says. */
export const VERSION = "1.2.3";

/** The application of the admin port, of a router that is starting, except for what a test changes. */
export function adminAppOf(changes: Partial<AdminAppOptions>): RequestListener {
  return createAdminApp({
    metrics: () => Promise.resolve({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    readiness: () => ({ ready: true }),
    router: () => ({ state: "starting" }),
    config: () => sampleConfig({}),
    explain: () => Promise.resolve({ ok: false, reason: "unknown", message: "nothing to explain" }),
    authenticator: allowEverybody(),
    identity: IDENTITY,
    version: VERSION,
    report: (error) => assert.fail(String(error)),
    ...changes,
  });
}

/** A router that has a broker, and nothing that is paused or dead. */
export function runningWith(broker: Running["broker"]): Running {
  const unused = (): never => assert.fail("the test has none of this");
  return {
    state: "running",
    broker,
    pauses: { list: unused, pause: unused, resume: unused },
    deadLetters: { list: unused, show: unused, count: unused, redrive: unused, purge: unused, stop: unused },
    tail: { open: unused },
  };
}
