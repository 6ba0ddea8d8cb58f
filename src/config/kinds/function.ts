import { z } from "zod";
import type { FunctionUrl } from "../../domain/http-route/http-route.ts";
import { INVOKE_MODES } from "../../domain/http-route/http-route.ts";
import type { FunctionConfig, FunctionKind } from "../../domain/target/function.ts";
import { CONCURRENCY_MAX } from "../../domain/target/function.ts";
import { circuitBreakerSchema, toCircuitBreaker } from "./parts/circuit-breaker.ts";
import { corsSchema, toCors } from "./parts/cors.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Context } from "./context.ts";
import { defineKind, NAME } from "./kind.ts";
import {
  addIssue,
  ALWAYS,
  checkExactlyOneOf,
  deadLetterConfig,
  description,
  httpUrl,
  oneOf,
  paused,
  boundedText,
  wholeNumber,
} from "./parts/fields.ts";
import { layersSchema, toLayer } from "./parts/layers.ts";
import { orderBySchema } from "./parts/order-by.ts";
import { recordTargetSchema, toRecordTarget } from "./target/target-ref.ts";
import { tlsSchema } from "./parts/tls.ts";

const RUNS = ["http", "runtimeApi", "container", "process"] as const;

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

const http = z
  .strictObject({
    url: httpUrl("Where the event is posted."),
    format: z
      .enum(["event", "cloudevents"])
      .default("event")
      .describe("What is posted: the event as JSON, or a CloudEvent in structured mode."),
    tls: tlsSchema.exactOptional(),
  })
  .describe("An HTTP service: the event is posted to it, 2xx is success, and a JSON body is its response.");

const runtimeApi = z
  .strictObject({
    secrets: z
      .array(z.string().regex(/^[A-Za-z0-9._~-]{16,256}$/, { error: "must be 16 to 256 letters, digits and . _ ~ -" }))
      .min(1)
      .max(10)
      .exactOptional()
      .describe(
        "Who polls must know one of them: AWS_LAMBDA_RUNTIME_API is NAME.HOST:PORT/SECRET. Best as ${file:/path} or ${env:NAME}.",
      ),
  })
  .describe(
    "A Lambda container image that polls this router: its AWS_LAMBDA_RUNTIME_API is NAME.HOST:PORT, NAME being the function's.",
  );

const container = z
  .strictObject({
    url: httpUrl("Where its built-in emulator listens; every address of the name is used."),
    tls: tlsSchema.exactOptional(),
  })
  .describe("A Lambda container image that is called through its built-in emulator, one call at a time per address.");

const localProcess = z
  .strictObject({
    command: z
      .array(boundedText("One word.").min(1))
      .min(1)
      .max(256)
      .describe("The command and its arguments. No shell is involved."),
    layers: layersSchema.exactOptional(),
  })
  .describe("A local command that speaks the Lambda Runtime API. Started on demand, at most `concurrency` at once.");

const functionUrl = z
  .strictObject({
    authType: z
      .enum(["NONE", "AWS_IAM"])
      .describe("NONE lets everybody in; AWS_IAM whoever signs and may lambda:InvokeFunctionUrl."),
    invokeMode: z
      .enum(INVOKE_MODES)
      .default("BUFFERED")
      .describe("Whether answers come whole, or as the function writes them."),
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
      timeoutSeconds: wholeNumber(1, 900, "How long one attempt may take.").default(3),
      concurrency: wholeNumber(
        1,
        CONCURRENCY_MAX,
        "Attempts in flight at once, on each router. Default: 10 for http and process; else as many as there are environments.",
      ).exactOptional(),
      memorySize: wholeNumber(
        128,
        10_240,
        "Megabytes, as the function reads it from its environment; nothing enforces it.",
      ).default(128),
      environment: z
        .record(
          z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be letters, digits and underscores" }),
          boundedText("Its value.").regex(/^[^\u0000]*$/, { error: "must not hold a NUL character" }),
        )
        .default({})
        .describe("Environment variables of a process."),
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
    })
    .superRefine((value, issues) => {
      checkExactlyOneOf(RUNS, value, issues);
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
    }, ALWAYS)
    .meta({ description: "A function that rules may call.", ...oneOf(RUNS) });
}

type Shape = z.output<ReturnType<typeof schema>>;

function toFunction(name: string, shape: Shape): FunctionConfig {
  const { description, url, orderBy, onSuccess, onFailure, deadLetterConfig } = shape;
  const run = toRun(shape);
  return {
    name,
    run,
    ...(description === undefined ? {} : { description }),
    timeoutSeconds: shape.timeoutSeconds,
    concurrency: shape.concurrency ?? DEFAULT_CONCURRENCY[run.kind],
    memorySize: shape.memorySize,
    environment: shape.environment,
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
}

function toUrl({ authType, invokeMode, cors }: NonNullable<Shape["url"]>): FunctionUrl {
  return { authType, invokeMode, ...toCors(cors) };
}

function toRun({ http, container, process, runtimeApi }: Shape): FunctionKind {
  if (http !== undefined) return { kind: "http", ...http };
  if (container !== undefined) return { kind: "container", ...container };
  if (process !== undefined) {
    const { command, layers } = process;
    return { kind: "process", command, ...(layers === undefined ? {} : { layers: layers.map(toLayer) }) };
  }
  return { kind: "runtimeApi", ...runtimeApi };
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
  secrets: ["environment.*", "runtimeApi.secrets.*", "http.url", "http.tls.*", "container.url", "container.tls.*"],
});
