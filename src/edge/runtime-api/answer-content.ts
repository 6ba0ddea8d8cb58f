import type { IncomingMessage } from "node:http";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { foundError } from "./environment-answer.ts";
import type { BodyFault } from "./read-body.ts";

/** Of a response that is written piece by piece, and whose function may fail after the first one. */
const MODE = "lambda-runtime-function-response-mode";
const ERROR_TYPE = "lambda-runtime-function-error-type";
const ERROR_BODY = "lambda-runtime-function-error-body";

/** The response mode that is none, if a request names one: Lambda knows `streaming` alone. */
export function unknownResponseMode({ headers }: IncomingMessage): string | undefined {
  const mode = headers[MODE];
  if (mode === undefined || mode === "streaming") return undefined;
  return String(mode);
}

/**
 * What a request to `…/response` or `…/error` says, once its body has been read. A response that ends with an error's type
 * or body in its trailers is that error, however much was written before: that is how AWS's clients report a function that
 * fails while it streams (AWS Lambda developer guide, "Building a custom runtime", response streaming).
 */
export function contentOf(
  request: IncomingMessage,
  { id, kind }: { readonly id: string; readonly kind: "response" | "error" },
  body: Buffer | Exclude<BodyFault, "late">,
  limitBytes: number,
): EnvironmentAnswer {
  if (body === "truncated") return { kind: body };
  if (body === "too-large") {
    if (kind === "response") return { kind: "oversized", limitBytes };
    return foundError("Function.ResponseSizeTooLarge", id, `the error is longer than ${limitBytes} bytes`);
  }
  if (kind === "error") return { kind, body };
  return trailedError(request.trailers) ?? { kind, body };
}

/** The error's body is JSON in base64. A type without a body is an error too. */
function trailedError(trailers: NodeJS.Dict<string>): EnvironmentAnswer | undefined {
  const errorType = trailers[ERROR_TYPE] ?? "";
  const body = Buffer.from(trailers[ERROR_BODY] ?? "", "base64");
  if (errorType === "" && body.length === 0) return undefined;
  if (body.length > 0) return { kind: "error", body };
  return { kind: "error", body: Buffer.from(JSON.stringify({ errorType, errorMessage: "" })) };
}
