import { hostsOf } from "../../config/settings/exposure.ts";
import { functionArn } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { apiDestinationInvoker } from "../../edge/targets/api-destination/api-destination.ts";
import { functionInvoker } from "../../edge/targets/function-invoker.ts";
import type { ProcessOptions } from "../../edge/targets/process/process.ts";
import { destinationRateLimits } from "../../edge/targets/api-destination/rate-limit.ts";
import type { RuntimeApiGateway, RuntimeApiGatewayOptions } from "../../edge/runtime-api/gateway.ts";
import { startRuntimeApiGateway } from "../../edge/runtime-api/gateway.ts";
import { createBatchDeliveries } from "../../flow/deliver/deliver-batch.ts";
import { createDeliver } from "../../flow/deliver/deliver.ts";
import { createInHandDeliveries } from "../../flow/deliver/deliver-in-hand.ts";
import { createPull } from "../../flow/consume/pull.ts";
import { DestinationConsumers } from "../../flow/deliver/destination-consumers.ts";
import type { CalleesDeps } from "../../flow/functions/callees.ts";
import type { CallOutputs } from "../../flow/functions/call-outputs.ts";
import { WaitingPolls } from "../../flow/functions/waiting-polls.ts";
import { ReservedConcurrency } from "../../flow/lending/reserved-concurrency.ts";
import { RoutersPolls } from "../../flow/invoke/routers-polls.ts";
import { InvokedFunctions } from "../../flow/invoke/invoked-functions.ts";
import { Callees } from "../../flow/functions/callees.ts";
import { declarationsOf } from "../../domain/queue/configured-queues.ts";
import type { BlockedKeys } from "../../flow/order/blocked-keys.ts";
import type { Owners } from "../../flow/order/owners.ts";
import type { InFlightBytes } from "../../flow/budget/in-flight.ts";
import type { RoutersFunctionTests } from "../../flow/function-tests/function-tests.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { FunctionCalls } from "../../ports/functions/function-calls.ts";
import type { MessageQueues } from "../../ports/message-queues.ts";
import type { MappingStatuses } from "../../ports/admin/mappings.ts";
import type { Routers } from "../../ports/admin/routers.ts";
import type { PauseSource } from "../../ports/admin/pauses.ts";
import type { Drain } from "../lifecycle.ts";
import { addressGuardOf } from "../store/connections.ts";
import { createMappings } from "./mappings.ts";
import { PROCESS, steadyMs } from "../process.ts";
import type { Shared } from "../shared.ts";

/** The least room for answers of environments that poll: two of the longest. */
const ROOM_BYTES_MIN = 16 * 1_024 * 1_024;

const SILENT = "an environment took an invocation and has not answered";

/** What the second journey works with, besides what all parts share. */
interface Means {
  readonly broker: Broker;
  readonly inFlight: InFlightBytes;
  readonly paused: PauseSource;
  readonly owners: Owners;
  readonly blockedKeys: BlockedKeys;
  readonly drain: Drain;
  readonly tests: RoutersFunctionTests;
  readonly outputs: CallOutputs;
  readonly queues: MessageQueues;
  readonly routers: Routers;
}

/** Deliveries being made. */
export interface Deliveries {
  readonly runtimeApiPort: number;
  readonly mappings: MappingStatuses;
  readonly functionCalls: FunctionCalls;
  /** Consumes what another configuration has. Destinations that change wait for their calls in flight by themselves. */
  follow(next: Config): void;
}

/** Starts the second journey: consumes the queues of all destinations, and serves functions that poll. */
export async function startDeliveries(means: Means, shared: Shared): Promise<Deliveries> {
  const { broker, inFlight, paused, owners, blockedKeys, drain, tests, outputs, queues, routers } = means;
  const { config, isHeld, identity, observation, lifecycle } = shared;
  const { observer, tracing: traces } = observation;
  const { abandon, leave } = drain;
  const delivering = {
    broker,
    config,
    isHeld,
    identity,
    observer,
    traces,
    tests,
    ...PROCESS,
    abandon,
    leave,
  };
  const deliver = createDeliver(delivering);
  const inHand = createInHandDeliveries(deliver, delivering);
  const batches = createBatchDeliveries(delivering);
  const onError = (where: string, error: unknown): void => observation.log.error({ where, error }, "a consumer failed");
  const onCircuit = observer.circuit.bind(observer);
  const onVersionCalled = observer.versionCalled.bind(observer);
  const heard = { onCircuit, onVersionCalled, onError };
  const isOnlyRouter = shared.settings.broker === "embedded";
  const lending = { broker, config, isOnlyRouter, steadyMs, ...PROCESS, onError: shared.report };
  const reserved = new ReservedConcurrency(lending);
  observation.permits.watch(() => reserved.inUse());
  const permitsOf = (functionName: string) => reserved.of(functionName);
  const callees = new Callees({ paused, permitsOf, ...invokersOf(outputs, shared), ...PROCESS, ...heard });
  const consuming = { broker, inFlight, paused, config, ...PROCESS };
  const consumers = new DestinationConsumers({
    ...consuming,
    deliver,
    inHand,
    batches,
    owners,
    blockedKeys,
    callees,
    onError,
  });
  observation.keys.watchWaiting(() => consumers.keysWaiting());
  await broker.declare(declarationsOf(config()));
  reserved.follow(config());
  await callees.follow(config());
  await consumers.start(config());
  const reading = { broker, queues, inFlight, routers };
  const mappings = createMappings({ ...reading, callees, abandon, leave, onError }, shared);
  mappings.follow(config());
  const polls = new WaitingPolls();
  const pull = createPull({ ...consuming, handle: deliver, polls, permitsOf });
  const elsewhere = new RoutersPolls({ broker, polls, inFlight, ...PROCESS, abandon, onError: shared.report });
  const calling = { broker, callees, polls, permitsOf, elsewhere, paused, outputs, observer, ...PROCESS, abandon };
  const runtimeApi = await startRuntimeApi(broker, pull.onPoll, shared);
  // Together, or one of them would go on taking messages while another drains.
  lifecycle.onStop("deliveries", async () => {
    await Promise.all([consumers.stop(), mappings.stop(), callees.stop(), runtimeApi.close(drain.drainMs)]);
    await reserved.stop();
  });
  return {
    runtimeApiPort: runtimeApi.port,
    mappings,
    functionCalls: new InvokedFunctions({ ...calling, isOnlyRouter }),
    follow: (next) => {
      pull.reconcile();
      reserved.follow(next);
      void callees.follow(next);
      void consumers.follow(next);
      mappings.follow(next);
    },
  };
}

/** How destinations are called. */
function invokersOf(
  outputs: CallOutputs,
  { settings, identity, limits, observation }: Shared,
): Pick<CalleesDeps, "functionInvoker" | "apiDestinationInvoker"> {
  const addressGuard = addressGuardOf(settings);
  const responseLimit = limits.response;
  const rateLimits = destinationRateLimits();
  const onLine: ProcessOptions["onLine"] = (line) => {
    outputs.take(line);
    const { functionName, source, text, requestId } = line;
    if (source !== "platform") observation.functionOutput(functionName, source, text, requestId);
    return observation.keptLines.take(line);
  };
  const onInit: ProcessOptions["onInit"] = (functionName, { durationMs, failure }) =>
    observation.observer.processStarted(functionName, durationMs, failure);
  return {
    functionInvoker: (fn) => functionInvoker(fn, { identity, onLine, onInit, responseLimit }),
    apiDestinationInvoker: (destination) =>
      apiDestinationInvoker(destination, {
        responseLimit,
        addressGuard,
        rateLimits,
        onTokenRequest: (failure) => observation.observer.tokenRequested(destination.name, failure),
      }),
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
