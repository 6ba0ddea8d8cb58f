import { setImmediate as nextTurn } from "node:timers/promises";
import type { Listening } from "../edge/http/server.ts";
import { listen } from "../edge/http/server.ts";
import { UnprovenRoom } from "../edge/http/unproven-room.ts";
import { createPublicApp } from "../edge/public/public-app.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import { Admission } from "../flow/put/admission.ts";
import { FairShare } from "../flow/put/fair-share.ts";
import { createPut } from "../flow/put/put.ts";
import type { Broker } from "../ports/broker.ts";
import type { Access } from "./access.ts";
import { PROCESS, steadyMs } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How long a stop waits for a request that is being answered: twice what the broker has to confirm it. */
const REQUEST_MS_MAX = 10_000;

/** New connections accepted in one turn of the event loop, so that new clients do not delay connected ones. */
const PUBLIC_SOCKETS = 32;

/** Starts the first journey: the public port, where events are put. */
export async function startPut(
  broker: Broker,
  inFlight: InFlightBytes,
  { authenticator, certificate }: Access,
  shared: Shared,
): Promise<Listening> {
  const { settings, identity, limits, config, observation, lifecycle, report } = shared;
  const { observer } = observation;
  const admission = new Admission(limits.entriesInFlight, steadyMs);
  const share = new FairShare(nextTurn);
  const app = createPublicApp({
    putEntries: createPut({ broker, config, identity, observer, ...PROCESS, inFlight, admission, share }),
    config,
    identity,
    rooms: {
      limit: limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, limits.bytesInFlight.exceeded),
    },
    limits,
    authenticator,
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
