import type { Config } from "../../src/domain/config.ts";
import type { ApiDestination, FunctionConfig, FunctionKind, RecordTarget } from "../../src/domain/target/function.ts";
import type { Target, NamedTarget, TargetRef } from "../../src/domain/target/target.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../support/sample.ts";
import type { Chance } from "./chance.ts";

export const DETAIL_TYPES = ["Ordered", "Paid", "Shipped", "Returned"] as const;
export const LOG_QUEUE = "operations-log";
export const RECORDS_QUEUE = "records";

/** The function that records may go to. It is in every configuration, has no destinations itself, and ends every chain. */
export const SINK = "sink";

const QUEUES = ["copies", "failed", RECORDS_QUEUE, LOG_QUEUE];
const BUSES = ["audit", "operations"];

export interface RuleSpec {
  readonly bus: string;
  readonly name: string;
  readonly types: readonly string[];
  readonly targets: readonly Target[];
}

/** A configuration, with what an oracle needs to know of it. */
export interface Variant {
  readonly functions: readonly FunctionConfig[];
  readonly apiDestinations: readonly ApiDestination[];
  readonly rules: readonly RuleSpec[];
  readonly config: Config;
}

/** Where an event goes, worked out from the specification and not by the router's own matcher. */
export interface Expected {
  readonly bus: string;
  readonly rule: string;
  readonly target: string;
  readonly to: NamedTarget;
}

/** Draws a configuration: functions of all kinds and policies, an API destination, rules and chained buses. */
export function drawVariant(chance: Chance): Variant {
  const functions = ["stock", "mail", SINK].map((name) => drawFunction(name, chance));
  const crm: ApiDestination = {
    name: "crm",
    url: "http://127.0.0.1:9/",
    method: "POST",
    auth: { kind: "none" },
    invocationRateLimitPerSecond: 300,
    concurrency: chance.between(1, 4),
    ...(chance.happens(0.3) ? { circuitBreaker: { failureThreshold: 3, openSeconds: 10 } } : {}),
  };
  const rules = [
    ...["first", "second", "third"].map((name) => drawRule("default", name, chance)),
    ...["fourth", "fifth"].map((name) => drawRule("audit", name, chance)),
    {
      bus: "operations",
      name: "log",
      types: ["Lambda Function Invocation Result - Success", "Lambda Function Invocation Result - Failure"],
      targets: [sampleTarget("log", { kind: "queue", name: LOG_QUEUE })],
    },
  ];
  return variantOf({ functions, apiDestinations: [crm], rules });
}

function drawFunction(name: string, chance: Chance): FunctionConfig {
  const isSink = name === SINK;
  const destination = (): RecordTarget | undefined =>
    isSink
      ? undefined
      : chance.pick<RecordTarget | undefined>([
          undefined,
          { kind: "queue", name: RECORDS_QUEUE },
          { kind: "function", name: SINK },
          { kind: "event-bus", name: "operations" },
        ]);
  const onSuccess = destination();
  const onFailure = destination();
  return sampleFunction(name, {
    run: drawKind(chance),
    timeoutSeconds: chance.between(1, 10),
    concurrency: chance.between(1, 4),
    maximumRetryAttempts: chance.between(0, 2),
    maximumEventAgeInSeconds: chance.pick([60, 300, 900]),
    retryIntervalsSeconds: chance.pick([[1, 2], [5, 10], [60, 120], []]),
    ...(chance.happens(0.3) ? { circuitBreaker: { failureThreshold: 3, openSeconds: 10 } } : {}),
    ...(onSuccess === undefined ? {} : { onSuccess }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(chance.happens(0.5) ? { deadLetterQueue: "failed" } : {}),
  });
}

function drawKind(chance: Chance): FunctionKind {
  const url = "http://127.0.0.1:9/";
  return chance.pick<FunctionKind>([
    { kind: "http", url, format: "event" },
    { kind: "runtimeApi" },
    { kind: "container", url },
    { kind: "process", command: ["true"] },
  ]);
}

function drawRule(bus: string, name: string, chance: Chance): RuleSpec {
  const types = DETAIL_TYPES.filter(() => chance.happens(0.5));
  const to: TargetRef[] = [
    { kind: "function", name: "stock" },
    { kind: "function", name: "mail" },
    { kind: "function", name: SINK },
    { kind: "api-destination", name: "crm" },
    { kind: "queue", name: "copies" },
    ...(bus === "default" ? [{ kind: "event-bus", name: "audit" } as const] : []),
  ];
  const targets = Array.from({ length: chance.between(1, 3) }, (_, index) => {
    const picked = chance.pick(to);
    return sampleTarget(`t${index}`, picked, drawFailurePlan(picked, chance));
  });
  return { bus, name, types: types.length === 0 ? [DETAIL_TYPES[0]] : types, targets };
}

function drawFailurePlan(to: TargetRef, chance: Chance): Partial<Target> {
  if (to.kind === "queue" || to.kind === "event-bus") return {};
  const retryPolicy = {
    maximumRetryAttempts: chance.between(0, 5),
    maximumEventAgeInSeconds: chance.pick([60, 300, 900]),
  };
  return {
    ...(to.kind === "api-destination" ? { retryPolicy } : {}),
    ...(chance.happens(0.5) ? { deadLetterQueue: "failed" } : {}),
  };
}

/** Draws a changed configuration: something removed, of another kind, or of another size. Policies stay as they are. */
export function drawChange(base: Variant, chance: Chance): Variant {
  const name = chance.pick(["stock", "mail"]);
  const change = chance.pick([0, 0, 1, 2, 3, 4]);
  const altered = (fn: FunctionConfig): FunctionConfig => {
    if (fn.name !== name) return fn;
    return change === 0 ? { ...fn, run: drawKind(chance) } : { ...fn, concurrency: chance.between(1, 4) };
  };
  const gone = change === 2 ? { kind: "function", name } : change === 3 ? { kind: "api-destination", name: "crm" } : {};
  const isGone = ({ kind, name: goneName }: NamedTarget) =>
    "kind" in gone && kind === gone.kind && goneName === gone.name;
  const rules = base.rules.filter((rule) => change !== 4 || rule.bus === "operations" || chance.happens(0.6));
  return variantOf({
    functions: base.functions.filter((fn) => !isGone({ kind: "function", name: fn.name })).map(altered),
    apiDestinations: base.apiDestinations.filter((one) => !isGone({ kind: "api-destination", name: one.name })),
    rules: rules.map((rule) => ({ ...rule, targets: rule.targets.filter(({ to }) => !isGone(to)) })),
  });
}

function variantOf(parts: Omit<Variant, "config">): Variant {
  const config = sampleConfig({
    buses: BUSES,
    functions: parts.functions,
    queues: QUEUES,
    rules: parts.rules.map(({ bus, name, types, targets }) =>
      sampleRule(name, { "detail-type": types }, targets, { bus }),
    ),
  });
  const apiDestinations = new Map(parts.apiDestinations.map((one) => [one.name, one]));
  return { ...parts, config: { ...config, apiDestinations } };
}

/** Every target that an event of this type reaches, once for each way that leads there. */
export function expectedOf(variant: Variant, bus: string, type: string): readonly Expected[] {
  const rules = variant.rules.filter((rule) => rule.bus === bus && rule.types.includes(type));
  return rules.flatMap((rule) =>
    rule.targets.flatMap(({ id, to }) =>
      to.kind === "event-bus"
        ? expectedOf(variant, to.name, type)
        : [{ bus: rule.bus, rule: rule.name, target: id, to }],
    ),
  );
}
