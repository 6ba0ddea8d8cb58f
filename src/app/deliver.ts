import type { Settings } from "../config/settings.ts";
import { hostsOf, privateDestinations } from "../config/settings.ts";
import { functionArn } from "../domain/arn.ts";
import type { Config } from "../domain/config.ts";
import type { Limits } from "../domain/limits.ts";
import type { Observation } from "../edge/observe/observation.ts";
import { createAddressGuard } from "../edge/targets/address-guard.ts";
import { apiDestinationInvoker } from "../edge/targets/api-destination.ts";
import { functionInvoker } from "../edge/targets/function-invoker.ts";
import { RateLimits } from "../edge/targets/rate-limit.ts";
import type { RuntimeApiGateway, RuntimeApiGatewayOptions } from "../edge/runtime-api/gateway.ts";
import { startRuntimeApiGateway } from "../edge/runtime-api/gateway.ts";
import type { DeliverDeps } from "../flow/deliver/deliver.ts";
import { createDeliver } from "../flow/deliver/deliver.ts";
import type { PullDeps } from "../flow/consume/pull.ts";
import { createPull } from "../flow/consume/pull.ts";
import type { SubscriptionsDeps } from "../flow/consume/subscriptions.ts";
import { declarationsOf, Subscriptions } from "../flow/consume/subscriptions.ts";
import type { Drain, Lifecycle } from "./lifecycle.ts";

/** The least room for answers of environments that poll: two of the longest. */
const ROOM_BYTES_MIN = 16 * 1_024 * 1_024;

const SILENT = "an environment took an invocation and has not answered";

/** What the parts of the second journey share. */
type Parts = Omit<DeliverDeps, "abandon" | "leave"> &
  Pick<SubscriptionsDeps & PullDeps, "broker" | "inFlight" | "paused">;

interface Surroundings {
  readonly settings: Settings;
  readonly limits: Limits;
  readonly observation: Observation;
  readonly lifecycle: Lifecycle;
  readonly drain: Drain;
  readonly report: (error: unknown) => void;
}

/** Deliveries being made. */
export interface Deliveries {
  readonly runtimeApiPort: number;
  /** Consumes what another configuration has. Destinations that change wait for their calls in flight by themselves. */
  follow(next: Config): void;
}

/** Starts the second journey: consumes the queues of all destinations, and hands out deliveries to those that poll. */
export async function startDeliveries(parts: Parts, surroundings: Surroundings): Promise<Deliveries> {
  const { lifecycle, drain } = surroundings;
  const current = parts.config();
  const { abandon, leave } = drain;
  const deliver = createDeliver({ ...parts, abandon, leave });
  const subscriptions = new Subscriptions({ ...parts, deliver, ...callersOf(parts, surroundings) });
  await parts.broker.declare(declarationsOf(current));
  await subscriptions.start(current);
  const pull = createPull({ ...parts, deliver });
  const runtimeApi = await startRuntimeApi(parts, pull.onPoll, surroundings);
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

/** Who calls destinations, and who hears when a consumer fails. */
function callersOf(
  { identity }: Parts,
  { settings, limits, observation }: Surroundings,
): Pick<SubscriptionsDeps, "functionInvoker" | "apiDestinationInvoker" | "onError"> {
  const allowedRanges = privateDestinations(settings);
  const addressGuard = allowedRanges === "all" ? undefined : createAddressGuard(allowedRanges);
  const responseLimit = limits.response;
  const rateLimits = new RateLimits();
  return {
    functionInvoker: (fn) => functionInvoker(fn, { identity, onOutput: observation.functionOutput, responseLimit }),
    apiDestinationInvoker: (destination) =>
      apiDestinationInvoker(destination, { responseLimit, addressGuard, rateLimits }),
    onError: (where, error) => observation.log.error({ where, error }, "a consumer failed"),
  };
}

function startRuntimeApi(
  { broker, config, identity, nowMs, observer }: Parts,
  onPoll: RuntimeApiGatewayOptions["onPoll"],
  { settings, limits, observation, report }: Surroundings,
): Promise<RuntimeApiGateway> {
  return startRuntimeApiGateway({
    host: settings.host,
    allowedHosts: hostsOf(settings),
    port: settings.runtimeApiPort,
    identity,
    nowMs,
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
    onLateAnswer: (name) => observer.lateAnswer(name),
    onSilent: ({ functionName, ...environment }) =>
      observation.log.warn({ function: functionName, ...environment }, SILENT),
    connectionLimit: limits.connections,
    roomBytes: Math.max(ROOM_BYTES_MIN, limits.bytesInFlight.max / 4),
    responseLimit: limits.response,
    onError: report,
  });
}
