import { NO_ARCHIVES } from "../no-archives.ts";
import type { RequestListener } from "node:http";
import { createSealing } from "../../../src/edge/sealing/sealing.ts";
import { MADE_CHECKS } from "../../../src/config/made/entry/made-checks.ts";
import type { Config } from "../../../src/domain/config.ts";
import type { LimitName } from "../../../src/domain/limits.ts";
import type { Authenticator } from "../../../src/edge/http/auth/authenticator.ts";
import type { TakeTurn } from "../../../src/edge/aws/entrance.ts";
import type { JobControl } from "../../../src/ports/admin/jobs.ts";
import type { MessageQueues } from "../../../src/ports/message-queues.ts";
import type { Traces } from "../../../src/ports/traces.ts";
import { createPublicApp } from "../../../src/edge/public/public-app.ts";
import { UnprovenRoom } from "../../../src/edge/http/unproven-room.ts";
import { NOT_KEPT } from "../../../src/flow/made/made-config.ts";
import { NO_QUEUE_DELETIONS } from "../../../src/flow/queues/queue-deletions.ts";
import { NO_BOOK } from "../../../src/flow/schedule/kept/stored-book.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { allowEverybody } from "./authenticator.ts";
import { FakePut } from "./fake-put.ts";
import { testLimits } from "../limits.ts";
import { NO_JOBS } from "../no-jobs.ts";
import type { FunctionCalls } from "../../../src/ports/functions/function-calls.ts";
import type { FunctionLines } from "../../../src/ports/functions/function-logs.ts";
import { NO_LINES } from "../functions/no-lines.ts";
import { NO_CALLS } from "../no-calls.ts";
import { NO_MAPPINGS } from "../no-mappings.ts";
import { NO_QUEUES } from "../no-queues.ts";
import { NO_TRACES } from "../observe/no-traces.ts";
import { IDENTITY, sampleConfig } from "../sample.ts";

/** The public app over a fake put. What it reports as its own fault is kept. */
export function publicApp(
  options: {
    config?: Config;
    inFlight?: InFlightBytes;
    unproven?: UnprovenRoom;
    limits?: Partial<Record<LimitName, number>>;
    hasRoom?: (share: string) => boolean;
    takeTurn?: TakeTurn;
    authenticator?: Authenticator;
    traces?: Traces;
    jobs?: JobControl;
    queues?: MessageQueues;
    functionCalls?: FunctionCalls;
    functionLines?: FunctionLines;
  } = {},
): {
  app: RequestListener;
  fakePut: FakePut;
  faults: unknown[];
  /** The limits that were met. */
  met: readonly LimitName[];
} {
  const fakePut = new FakePut();
  const faults: unknown[] = [];
  const { limits, met } = testLimits(options.limits);
  const inFlight = options.inFlight ?? new InFlightBytes(256 * 1_048_576);
  const app = createPublicApp({
    putEntries: fakePut.put,
    config: () => options.config ?? sampleConfig({}),
    changes: NOT_KEPT,
    deletions: NO_QUEUE_DELETIONS,
    mappings: NO_MAPPINGS,
    checks: MADE_CHECKS,
    archives: NO_ARCHIVES,
    schedules: NO_BOOK,
    jobs: options.jobs ?? NO_JOBS,
    queues: options.queues ?? NO_QUEUES,
    sealing: createSealing([]),
    authorizeConnection: () => undefined,
    functionCalls: options.functionCalls ?? NO_CALLS,
    functionUrlOrigin: "http://localhost:8081",
    functionLines: options.functionLines ?? NO_LINES,
    linesLateMs: 0,
    identity: IDENTITY,
    rooms: {
      limit: limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: options.unproven ?? new UnprovenRoom(inFlight.unprovenLimitBytes, () => undefined),
    },
    limits,
    authenticator: options.authenticator ?? allowEverybody(),
    traces: options.traces ?? NO_TRACES,
    hasRoom: options.hasRoom ?? (() => true),
    takeTurn: options.takeTurn ?? (() => Promise.resolve(() => undefined)),
    report: (error) => faults.push(error),
  });
  return { app, fakePut, faults, met };
}
