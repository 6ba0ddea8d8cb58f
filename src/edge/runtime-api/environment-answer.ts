import { responseJsonOf, responseTooLarge } from "../../domain/delivery/response-json.ts";
import { functionError, sandboxErrorJson, sandboxFailure } from "../../domain/failure/lambda-failure.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { RelayedAnswer } from "../../flow/hold/relay-message.ts";

/** What an environment posted about the invocation that it was given. */
export type EnvironmentAnswer =
  /** @see Success.beginsWithHead */
  | { readonly kind: "response"; readonly body: Buffer; readonly beginsWithHead?: boolean }
  | { readonly kind: "error"; readonly body: Buffer }
  /** A response that went out while it was written. */
  | { readonly kind: "streamed" }
  /** A response that was longer than the limit. */
  | { readonly kind: "oversized"; readonly limitBytes: number }
  /** Its connection broke before it was complete. */
  | { readonly kind: "truncated" };

const TRUNCATED = "the connection broke before the answer was complete";

/**
 * The outcome of an invocation that was answered. A response of any bytes is a success; an empty one has no response.
 *
 * @param requestId the invocation's, for the messages.
 */
export function judgeEnvironmentAnswer(requestId: string, answer: EnvironmentAnswer): Outcome {
  switch (answer.kind) {
    case "response":
      return success(answer);
    case "streamed":
      return { ok: true, statusCode: 200 };
    case "error":
      return functionError(answer.body);
    case "oversized":
      return responseTooLarge(answer.limitBytes);
    case "truncated":
      return sandboxFailure("function_error", "Runtime.TruncatedResponse", requestId, TRUNCATED);
  }
}

/**
 * An error that the router found in an answer, in the form in which environments report theirs, such as
 * `{"errorType":"Runtime.InvalidResponseModeHeader","errorMessage":"RequestId: … Error: …"}`.
 */
export function foundError(errorType: string, requestId: string, message: string): EnvironmentAnswer {
  return { kind: "error", body: Buffer.from(sandboxErrorJson(errorType, requestId, message)) };
}

/** An answer as it goes to another router. */
export function relayedAnswer(answer: EnvironmentAnswer): RelayedAnswer {
  if ("body" in answer) {
    const { body, ...fields } = answer;
    return { fields, body };
  }
  return { fields: { ...answer }, body: Buffer.alloc(0) };
}

/** The answer that another router sent; undefined when it is of a kind that this version does not know. */
export function answerOfRelayed({ fields, body }: RelayedAnswer): EnvironmentAnswer | undefined {
  const { kind, limitBytes, beginsWithHead } = fields;
  if (kind === "response" && beginsWithHead === true) return { kind, body, beginsWithHead };
  if (kind === "response" || kind === "error") return { kind, body };
  if (kind === "oversized" && typeof limitBytes === "number") return { kind, limitBytes };
  return kind === "truncated" ? { kind } : undefined;
}

function success({ body, beginsWithHead }: Extract<EnvironmentAnswer, { kind: "response" }>): Outcome {
  const responseJson = responseJsonOf(body);
  return {
    ok: true,
    statusCode: 200,
    ...(responseJson === undefined ? {} : { responseJson }),
    ...(beginsWithHead === undefined ? {} : { beginsWithHead }),
  };
}
