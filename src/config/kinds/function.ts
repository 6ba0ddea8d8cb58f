import { z } from "zod";
import type { FunctionUrl } from "../../domain/http-route/http-route.ts";
import { INVOKE_MODES } from "../../domain/http-route/http-route.ts";
import type { FunctionConfig, FunctionKind } from "../../domain/target/function.ts";
import { CONCURRENCY_MAX } from "../../domain/target/function.ts";
import { circuitBreakerSchema, toCircuitBreaker } from "./parts/circuit-breaker.ts";
import { corsSchema, toCors } from "./parts/http/cors.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Context } from "./kind/context.ts";
import { defineKind, NAME } from "./kind/kind.ts";
import {
  addIssue,
  ALWAYS,
  boundedText,
  checkExactlyOneOf,
  deadLetterConfig,
  description,
  oneOf,
  paused,
  wholeNumber,
} from "./parts/fields.ts";
import { aliasesSchema, checkAliases, checkUrlAlias, toAliases } from "./parts/function/function-aliases.ts";
import {
  container,
  environment,
  http,
  localProcess,
  memorySize,
  runtimeApi,
  RUNS,
  timeoutSeconds,
  toRun,
} from "./parts/function/function-run.ts";
import { checkVersions, toVersions, versionsSchema } from "./parts/function/function-versions.ts";
import { orderBySchema } from "./parts/order-by.ts";
import { recordTargetSchema, toRecordTarget } from "./target/target-ref.ts";

/**
 * Attempts in flight at once, on each router, where the configuration does not say. Where as many calls run as
 * environments poll, or as addresses the name resolves to, those are the limit and there is no second one.
 */
const DEFAULT_CONCURRENCY: Record<FunctionKind["kind"], number> = {
  http: 10,
  process: 10,
  runtimeApi: CONCURRENCY_MAX,
  container: CONCURRENCY_MAX,
};

const functionUrl = z
  .strictObject({
    authType: z
      .enum(["NONE", "AWS_IAM"])
      .describe("NONE lets everybody in; AWS_IAM whoever signs and may lambda:InvokeFunctionUrl."),
    invokeMode: z
      .enum(INVOKE_MODES)
      .default("BUFFERED")
      .describe("Whether answers come whole, or as the function writes them."),
    qualifier: boundedText("The alias that is called. Left out, the function itself.").exactOptional(),
    cors: corsSchema.exactOptional(),
  })
  .describe("A URL of its own: NAME.HOST, and /_functions/NAME/ below any host.");

/** A function, with Lambda's property names and defaults. */
function schema(context: Context) {
  return z
    .strictObject({
      description: description.exactOptional(),
      http: http.exactOptional(),
      runtimeApi: runtimeApi.exactOptional(),
      container: container.exactOptional(),
      process: localProcess.exactOptional(),
      timeoutSeconds: timeoutSeconds.default(3),
      concurrency: wholeNumber(
        1,
        CONCURRENCY_MAX,
        "Attempts in flight at once, on each router. Default: 10 for http and process; else as many as there are environments.",
      ).exactOptional(),
      callerConcurrency: wholeNumber(
        1,
        CONCURRENCY_MAX - 1,
        "Of `concurrency`, the calls that are kept for callers who wait; deliveries, mappings and batches have the rest. Default: whoever comes first.",
      ).exactOptional(),
      reservedConcurrency: wholeNumber(
        0,
        CONCURRENCY_MAX,
        "Calls in flight at once over all routers, whoever makes them; 0 switches the function off.",
      ).exactOptional(),
      memorySize: memorySize.default(128),
      environment: environment.default({}).describe("Environment variables of a process."),
      logFormat: z
        .enum(["Text", "JSON"])
        .default("Text")
        .describe("The form of the lines around its calls, and what a process reads as AWS_LAMBDA_LOG_FORMAT."),
      maximumRetryAttempts: wholeNumber(0, 2, "Retries after a function error or a time-out.").default(2),
      maximumEventAgeInSeconds: wholeNumber(60, 21_600, "Older events are not tried again.").default(21_600),
      retryIntervalsSeconds: z
        .array(wholeNumber(1, 3_600, "Seconds."))
        .min(1)
        .max(12)
        .default([60, 120])
        .describe("Waits before those retries; the last one repeats."),
      circuitBreaker: circuitBreakerSchema.exactOptional(),
      url: functionUrl.exactOptional(),
      orderBy: orderBySchema.exactOptional(),
      paused,
      onSuccess: recordTargetSchema(context, "Takes a record of every success.").exactOptional(),
      onFailure: recordTargetSchema(context, "Takes a record of every event that failed for good.").exactOptional(),
      deadLetterConfig: deadLetterConfig(context).exactOptional(),
      versions: versionsSchema.exactOptional(),
      aliases: aliasesSchema.exactOptional(),
    })
    .superRefine((value, issues) => {
      checkExactlyOneOf(RUNS, value, issues);
      if (value.callerConcurrency !== undefined) checkCallerConcurrency(value.callerConcurrency, value, issues);
      if (Object.hasOwn(value, "process") && context.allowProcess === false) {
        const message = "is a local command, which is not allowed here: BUSBAR_ALLOW_PROCESS=true allows it";
        addIssue(issues, message, { path: ["process"] });
      }
      if (!Object.hasOwn(value, "process") && Object.keys(value.environment).length > 0) {
        addIssue(issues, "only reaches a process: set it where this function is started", { path: ["environment"] });
      }
      if (Object.hasOwn(value, "runtimeApi") && Object.hasOwn(value, "orderBy")) {
        const message =
          "has no place on a function that polls: its polls come to any router, and one must keep the order";
        addIssue(issues, message, { path: ["orderBy"] });
      }
      if (Object.hasOwn(value, "runtimeApi") && Object.hasOwn(value, "circuitBreaker")) {
        addIssue(issues, "has no place on a function that polls: it is never called", { path: ["circuitBreaker"] });
      }
      checkVersions(value, context, issues);
      checkAliases(value, issues);
      checkUrlAlias(value, issues);
    }, ALWAYS)
    .meta({ description: "A function that rules may call.", ...oneOf(RUNS) });
}

type Shape = z.output<ReturnType<typeof schema>>;

function toFunction(name: string, shape: Shape): FunctionConfig {
  const { description, url, orderBy, onSuccess, onFailure, deadLetterConfig } = shape;
  const run = toRun(shape);
  if (run === undefined) throw new Error("a function that is not run in any way was not refused");
  const fn: FunctionConfig = {
    name,
    run,
    ...(description === undefined ? {} : { description }),
    timeoutSeconds: shape.timeoutSeconds,
    concurrency: shape.concurrency ?? DEFAULT_CONCURRENCY[run.kind],
    ...(shape.callerConcurrency === undefined ? {} : { callerConcurrency: shape.callerConcurrency }),
    ...(shape.reservedConcurrency === undefined ? {} : { reservedConcurrency: shape.reservedConcurrency }),
    memorySize: shape.memorySize,
    environment: shape.environment,
    ...(shape.logFormat === "Text" ? {} : { logFormat: shape.logFormat }),
    maximumRetryAttempts: shape.maximumRetryAttempts,
    maximumEventAgeInSeconds: shape.maximumEventAgeInSeconds,
    retryIntervalsSeconds: shape.retryIntervalsSeconds,
    ...(run.kind === "runtimeApi" ? {} : toCircuitBreaker(shape.circuitBreaker, shape.concurrency)),
    ...(url === undefined ? {} : { url: toUrl(url) }),
    ...(orderBy === undefined ? {} : { orderBy }),
    ...(shape.paused ? { paused: true } : {}),
    ...(onSuccess === undefined ? {} : { onSuccess: toRecordTarget(onSuccess) }),
    ...(onFailure === undefined ? {} : { onFailure: toRecordTarget(onFailure) }),
    ...(deadLetterConfig === undefined ? {} : { deadLetterQueue: deadLetterConfig.queue }),
  };
  return { ...fn, ...toVersions(fn, shape.versions), ...toAliases(shape.aliases) };
}

function toUrl({ cors, ...said }: NonNullable<Shape["url"]>): FunctionUrl {
  return { ...said, ...toCors(cors) };
}

interface CallShape {
  readonly concurrency?: number | undefined;
  readonly http?: unknown;
  readonly process?: unknown;
}

/** At least one call is left for deliveries. Where the environments are the limit, there is none to share. */
function checkCallerConcurrency(kept: number, shape: CallShape, issues: z.core.$RefinementCtx): void {
  const path = ["callerConcurrency"];
  const { concurrency = DEFAULT_CONCURRENCY.http } = shape;
  if (shape.http === undefined && shape.process === undefined) {
    addIssue(issues, "must be left out where environments are the limit", { path });
  } else if (kept >= concurrency) {
    addIssue(issues, `must be less than concurrency, which is ${concurrency}`, { path });
  }
}

/** A function that polls is named by the host it polls. */
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function hostProblem(name: string, raw: unknown): string | undefined {
  if (!isJsonObject(raw) || !Object.hasOwn(raw, "runtimeApi") || DNS_LABEL.test(name)) return undefined;
  return "its name must be a DNS label (lowercase letters, digits and dashes): a runtimeApi function is named by the host it polls";
}

/** `functions` */
export const functions = defineKind({
  noun: "function",
  about: "Functions, by name, with Lambda's property names and defaults.",
  names: NAME,
  nameProblem: hostProblem,
  schema,
  make: toFunction,
  secrets: [
    "environment.*",
    "runtimeApi.secrets.*",
    "http.url",
    "http.tls.*",
    "container.url",
    "container.tls.*",
    "versions.*.environment.*",
    "versions.*.http.url",
    "versions.*.http.tls.*",
  ],
});
