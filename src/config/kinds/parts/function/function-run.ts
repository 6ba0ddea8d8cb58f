import { z } from "zod";
import type { FunctionKind } from "../../../../domain/target/function.ts";
import { boundedText, httpUrl, wholeNumber } from "../fields.ts";
import { layersSchema, toLayer } from "./layers.ts";
import { tlsSchema } from "../tls.ts";

/** The properties that say how a function is run, one of which it has. */
export const RUNS = ["http", "runtimeApi", "container", "process"] as const;

export const http = z
  .strictObject({
    url: httpUrl("Where the event is posted."),
    format: z
      .enum(["event", "cloudevents"])
      .default("event")
      .describe("What is posted: the event as JSON, or a CloudEvent in structured mode."),
    tls: tlsSchema.exactOptional(),
  })
  .describe("An HTTP service: the event is posted to it, 2xx is success, and a JSON body is its response.");

export const runtimeApi = z
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

export const container = z
  .strictObject({
    url: httpUrl("Where its built-in emulator listens; every address of the name is used."),
    tls: tlsSchema.exactOptional(),
  })
  .describe("A Lambda container image that is called through its built-in emulator, one call at a time per address.");

export const localProcess = z
  .strictObject({
    command: z
      .array(boundedText("One word.").min(1))
      .min(1)
      .max(256)
      .describe("The command and its arguments. No shell is involved."),
    layers: layersSchema.exactOptional(),
  })
  .describe("A local command that speaks the Lambda Runtime API. Started on demand, at most `concurrency` at once.");

/** Environment variables of a process. */
export const environment = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "must be letters, digits and underscores" }),
  boundedText("Its value.").regex(/^[^\u0000]*$/, { error: "must not hold a NUL character" }),
);

/** How long one attempt of a function may take. */
export const timeoutSeconds = wholeNumber(1, 900, "How long one attempt may take.");

export const memorySize = wholeNumber(
  128,
  10_240,
  "Megabytes, as the function reads it from its environment; nothing enforces it.",
);

/** The properties that say how it is run, of which a checked function has one. */
interface Run {
  readonly http?: z.output<typeof http>;
  readonly runtimeApi?: z.output<typeof runtimeApi>;
  readonly container?: z.output<typeof container>;
  readonly process?: z.output<typeof localProcess>;
}

/** How a function is run; undefined where none of the properties is there. */
export function toRun({ http, container, process, runtimeApi }: Run): FunctionKind | undefined {
  if (http !== undefined) return { kind: "http", ...http };
  if (container !== undefined) return { kind: "container", ...container };
  if (process !== undefined) {
    const { command, layers } = process;
    return { kind: "process", command, ...(layers === undefined ? {} : { layers: layers.map(toLayer) }) };
  }
  return runtimeApi && { kind: "runtimeApi", ...runtimeApi };
}
