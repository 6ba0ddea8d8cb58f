import { setImmediate as nextTurn } from "node:timers/promises";
import { MADE_CHECKS } from "../config/made/entry/made-checks.ts";
import type { Listening } from "../edge/http/server.ts";
import { listen } from "../edge/http/server.ts";
import { UnprovenRoom } from "../edge/http/unproven-room.ts";
import { createPublicApp } from "../edge/public/public-app.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import type { Admission } from "../flow/put/admission.ts";
import { FairShare } from "../flow/put/fair-share.ts";
import { createPut } from "../flow/put/put.ts";
import type { ArchiveContents } from "../ports/archives.ts";
import type { Broker } from "../ports/broker/broker.ts";
import type { JobControl } from "../ports/admin/jobs.ts";
import type { MappingStatuses } from "../ports/admin/mappings.ts";
import type { FunctionCalls } from "../ports/functions/function-calls.ts";
import type { FunctionLines } from "../ports/functions/function-logs.ts";
import type { MessageQueues } from "../ports/message-queues.ts";
import type { QueueDeletions } from "../ports/queue-deletions.ts";
import type { MadeChanges } from "../ports/made.ts";
import type { ScheduleBook } from "../ports/schedule-book.ts";
import type { Sealing } from "../ports/store/sealing.ts";
import type { Access } from "./access.ts";
import { PROCESS } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How long a stop waits for a request that is being answered: twice what the broker has to confirm it. */
const REQUEST_MS_MAX = 10_000;

/** New connections accepted in one turn of the event loop, so that new clients do not delay connected ones. */
const PUBLIC_SOCKETS = 32;

/** What puts wait for: room for their bytes, and for their entries. */
interface PutBounds {
  readonly inFlight: InFlightBytes;
  readonly admission: Admission;
}

/** Who comes in, and what they may change. */
interface Doors {
  readonly access: Access;
  readonly changes: MadeChanges;
  readonly jobs: JobControl;
  readonly schedules: ScheduleBook;
  readonly queues: MessageQueues;
  readonly deletions: QueueDeletions;
  readonly mappings: MappingStatuses;
  readonly archives: ArchiveContents;
  readonly sealing: Sealing;
  readonly authorizeConnection: (name: string) => void;
  readonly functionCalls: FunctionCalls;
  readonly functionLines: FunctionLines;
  readonly linesLateMs: number;
}

/** Starts the first journey: the public port, where events are put. */
export async function startPut(
  broker: Broker,
  { inFlight, admission }: PutBounds,
  { access: { authenticator, certificate }, ...changing }: Doors,
  shared: Shared,
): Promise<Listening> {
  const { settings, identity, limits, config, isHeld, observation, lifecycle, report } = shared;
  const { observer } = observation;
  const share = new FairShare(nextTurn);
  const app = createPublicApp({
    putEntries: createPut({ broker, config, isHeld, identity, observer, ...PROCESS, inFlight, admission, share }),
    config,
    ...changing,
    checks: MADE_CHECKS,
    identity,
    functionUrlOrigin: settings.functionUrlOrigin,
    rooms: {
      limit: limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, limits.bytesInFlight.exceeded),
    },
    limits,
    authenticator,
    traces: observation.tracing,
    hasRoom: (who) => {
      const room = admission.hasRoom(who);
      // The request is refused unread, and nearly every request is a put.
      if (!room) observer.put({ outcome: "throttled", seconds: 0, entries: [] });
      return room;
    },
    takeTurn: async (who) => {
      const answered = admission.enter(1, who);
      if (answered !== undefined) await share.begin(1, who);
      return answered;
    },
    report,
  });
  const server = await listen(app, {
    host: settings.host,
    port: settings.httpPort,
    headerLimit: limits.header,
    connectionLimit: limits.connections,
    onRefused: (reason) => observer.requestRefused(reason),
    sockets: PUBLIC_SOCKETS,
    certificate,
  });
  lifecycle.onStop("public server", () => server.close(REQUEST_MS_MAX));
  return server;
}
