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
import type { SubscriptionsDeps } from "../flow/consume/subscriptions.ts";
import { declarationsOf } from "../domain/queue/configured-queues.ts";
import { Subscriptions } from "../flow/consume/subscriptions.ts";
import type { InFlightBytes } from "../flow/budget/in-flight.ts";
import type { Broker } from "../ports/broker.ts";
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
  readonly paused: SubscriptionsDeps["paused"];
  readonly drain: Drain;
}

/** Deliveries being made. */
export interface Deliveries {
  readonly runtimeApiPort: number;
  /** Consumes what another configuration has. Destinations that change wait for their calls in flight by themselves. */
  follow(next: Config): void;
}

/** Starts the second journey: consumes the queues of all destinations, and hands out deliveries to those that poll. */
export async function startDeliveries(means: Means, shared: Shared): Promise<Deliveries> {
  const { broker, inFlight, paused, drain } = means;
  const { config, identity, observation, lifecycle } = shared;
  const { observer } = observation;
  const { abandon, leave } = drain;
  const deliver = createDeliver({ broker, config, identity, observer, ...PROCESS, abandon, leave });
  const consuming = { broker, inFlight, paused, config, identity, observer, ...PROCESS, deliver };
  const subscriptions = new Subscriptions({ ...consuming, ...callersOf(shared) });
  await broker.declare(declarationsOf(config()));
  await subscriptions.start(config());
  const pull = createPull(consuming);
  const runtimeApi = await startRuntimeApi(broker, pull.onPoll, shared);
  // Together, or the one would go on taking messages while the other drains.
  lifecycle.onStop("deliveries", async () => {
    await Promise.all([subscriptions.stop(), runtimeApi.close(drain.drainMs)]);
  });
  return {
    runtimeApiPort: runtimeApi.port,
    follow: (next) => {
      pull.reconcile();
      void Promise.all(subscriptions.reconcile(next));
    },
  };
}

/** How destinations are called, and what happens when a consumer fails. */
function callersOf({
  settings,
  identity,
  limits,
  observation,
}: Shared): Pick<SubscriptionsDeps, "functionInvoker" | "apiDestinationInvoker" | "onError"> {
  const allowedRanges = privateDestinations(settings);
  const addressGuard = allowedRanges === "all" ? undefined : createAddressGuard(allowedRanges);
  const responseLimit = limits.response;
  const rateLimits = destinationRateLimits();
  return {
    functionInvoker: (fn) => functionInvoker(fn, { identity, onOutput: observation.functionOutput, responseLimit }),
    apiDestinationInvoker: (destination) =>
      apiDestinationInvoker(destination, { responseLimit, addressGuard, rateLimits }),
    onError: (where, error) => observation.log.error({ where, error }, "a consumer failed"),
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
