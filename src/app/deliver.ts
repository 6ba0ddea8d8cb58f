import { hostsOf, privateDestinations } from "../config/settings/exposure.ts";
import { functionArn } from "../domain/arn.ts";
import type { Config } from "../domain/config.ts";
import { createAddressGuard } from "../edge/targets/http/address-guard.ts";
import { apiDestinationInvoker } from "../edge/targets/api-destination/api-destination.ts";
import { functionInvoker } from "../edge/targets/function-invoker.ts";
import { destinationRateLimits } from "../edge/targets/api-destination/rate-limit.ts";
import type { RuntimeApiGateway, RuntimeApiGatewayOptions } from "../edge/runtime-api/gateway.ts";
import { startRuntimeApiGateway } from "../edge/runtime-api/gateway.ts";
import { createDeliver } from "../flow/deliver/deliver.ts";
import { createPull } from "../flow/consume/pull.ts";
import { DestinationConsumers } from "../flow/deliver/destination-consumers.ts";
import type { CalleesDeps } from "../flow/functions/callees.ts";
import { Callees } from "../flow/functions/callees.ts";
import { declarationsOf } from "../domain/queue/configured-queues.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import type { Broker } from "../ports/broker.ts";
import type { PauseSource } from "../ports/pauses.ts";
import type { Drain } from "./lifecycle.ts";
import { PROCESS } from "./process.ts";
import type { Shared } from "./shared.ts";

/** The least room for answers of environments that poll: two of the longest. */
const ROOM_BYTES_MIN = 16 * 1_024 * 1_024;

const SILENT = "an environment took an invocation and has not answered";

/** What the second journey works with, besides what all parts share. */
interface Means {
  readonly broker: Broker;
  readonly inFlight: InFlightBytes;
  readonly paused: PauseSource;
  readonly drain: Drain;
}

/** Deliveries being made. */
export interface Deliveries {
  readonly runtimeApiPort: number;
  /** Consumes what another configuration has. Destinations that change wait for their calls in flight by themselves. */
  follow(next: Config): void;
}

/** Starts the second journey: consumes the queues of all destinations, and serves functions that poll. */
export async function startDeliveries(means: Means, shared: Shared): Promise<Deliveries> {
  const { broker, inFlight, paused, drain } = means;
  const { config, identity, observation, lifecycle } = shared;
  const { observer } = observation;
  const { abandon, leave } = drain;
  const deliver = createDeliver({ broker, config, identity, observer, ...PROCESS, abandon, leave });
  const onError = (where: string, error: unknown): void => observation.log.error({ where, error }, "a consumer failed");
  const onCircuit = observer.circuit.bind(observer);
  const callees = new Callees({ paused, ...invokersOf(shared), ...PROCESS, onCircuit, onError });
  const consuming = { broker, inFlight, paused, config, ...PROCESS };
  const consumers = new DestinationConsumers({ ...consuming, deliver, callees, onError });
  await broker.declare(declarationsOf(config()));
  await callees.follow(config());
  await consumers.start(config());
  const pull = createPull({ ...consuming, handle: deliver });
  const runtimeApi = await startRuntimeApi(broker, pull.onPoll, shared);
  // Together, or one of them would go on taking messages while another drains.
  lifecycle.onStop("deliveries", async () => {
    await Promise.all([consumers.stop(), callees.stop(), runtimeApi.close(drain.drainMs)]);
  });
  return {
    runtimeApiPort: runtimeApi.port,
    follow: (next) => {
      pull.reconcile();
      void callees.follow(next);
      void consumers.follow(next);
    },
  };
}

/** How destinations are called. */
function invokersOf({
  settings,
  identity,
  limits,
  observation,
}: Shared): Pick<CalleesDeps, "functionInvoker" | "apiDestinationInvoker"> {
  const allowedRanges = privateDestinations(settings);
  const addressGuard = allowedRanges === "all" ? undefined : createAddressGuard(allowedRanges);
  const responseLimit = limits.response;
  const rateLimits = destinationRateLimits();
  return {
    functionInvoker: (fn) => functionInvoker(fn, { identity, onOutput: observation.functionOutput, responseLimit }),
    apiDestinationInvoker: (destination) =>
      apiDestinationInvoker(destination, { responseLimit, addressGuard, rateLimits }),
  };
}

function startRuntimeApi(
  broker: Broker,
  onPoll: RuntimeApiGatewayOptions["onPoll"],
  { settings, identity, limits, config, observation, report }: Shared,
): Promise<RuntimeApiGateway> {
  return startRuntimeApiGateway({
    host: settings.host,
    allowedHosts: hostsOf(settings),
    port: settings.runtimeApiPort,
    identity,
    nowMs: Date.now,
    onPoll,
    secretsOf: (name) => {
      const run = config().functions.get(name)?.run;
      return run?.kind === "runtimeApi" ? (run.secrets ?? []) : undefined;
    },
    onRefused: (name, from, outcome) =>
      observation.accessObserver.access({
        action: "runtimeApi",
        resource: functionArn(identity, name),
        from,
        outcome,
      }),
    broker,
    onLateAnswer: (name) => observation.observer.lateAnswer(name),
    onSilent: ({ functionName, ...environment }) =>
      observation.log.warn({ function: functionName, ...environment }, SILENT),
    connectionLimit: limits.connections,
    roomBytes: Math.max(ROOM_BYTES_MIN, limits.bytesInFlight.max / 4),
    responseLimit: limits.response,
    onError: report,
  });
}
