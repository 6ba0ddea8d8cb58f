import type { Listening } from "../edge/http/server.ts";
import { listen } from "../edge/http/server.ts";
import { UnprovenRoom } from "../edge/http/unproven-room.ts";
import { createFrontDoor } from "../edge/front-door/front-door.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import type { FunctionCalls } from "../ports/functions/function-calls.ts";
import type { Access } from "./access.ts";
import { PROCESS, steadyMs } from "./process.ts";
import type { Shared } from "./shared.ts";

/** How long a stop waits for callers of functions, as on the public port. */
const REQUEST_MS_MAX = 10_000;
/** API Gateway's limit of a body. The event that is made of it has Lambda's. */
const BODY_BYTES_MAX = 10_485_760;

/** Starts the port of HTTP routes and function URLs. */
export async function startFrontDoor(
  inFlight: InFlightBytes,
  functionCalls: FunctionCalls,
  { authenticator, certificate }: Access,
  shared: Shared,
): Promise<Listening> {
  const { settings, identity, limits, config, observation, lifecycle, report } = shared;
  const { observer, accessObserver } = observation;
  const listener = createFrontDoor({
    config,
    identity,
    functionCalls,
    authenticator,
    accessObserver,
    rooms: {
      limit: { max: BODY_BYTES_MAX, exceeded: () => undefined },
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, limits.bytesInFlight.exceeded),
      takesEncoded: true,
    },
    observer,
    urlHost: new URL(settings.functionUrlOrigin).hostname,
    newId: PROCESS.newId,
    nowMs: PROCESS.nowMs,
    steadyMs,
    report,
  });
  const server = await listen(listener, {
    host: settings.host,
    port: settings.routesPort,
    headerLimit: limits.header,
    connectionLimit: limits.connections,
    onRefused: () => undefined,
    certificate,
  });
  lifecycle.onStop("front door", () => server.close(REQUEST_MS_MAX));
  return server;
}
