import type { Failure, Outcome } from "../../domain/failure/outcome.ts";
import { FAILURE_REASONS } from "../../domain/failure/reason.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { decodeMarked, encodeMarked, messageMark } from "../../json/marked-bytes.ts";
import type { Invocation } from "../../ports/functions/functions.ts";

/**
 * The messages between routers about a call of a function that polls, in this order. `want`: a caller waits for a poll (to
 * all routers). `have`: a poll is kept for the caller (to the router that asked). `over`: no poll is needed any more (to all
 * but the router that is called, or to a router whose poll is not used). `call`: the call itself (to the router that has the
 * poll). `alive`: that router still has the call, sent each second. `ended`: what came of it. `ask` is the id that all of
 * them share, and `from` is the sender's address.
 */
export type PollMessage =
  | { readonly type: "want"; readonly ask: string; readonly from: string; readonly functionName: string }
  | { readonly type: "have"; readonly ask: string; readonly from: string }
  | { readonly type: "over"; readonly ask: string; readonly except?: string }
  | { readonly type: "alive"; readonly ask: string }
  | {
      readonly type: "call";
      readonly ask: string;
      readonly from: string;
      readonly timeoutMs: number;
      readonly invocation: Invocation;
    }
  | { readonly type: "ended"; readonly ask: string; readonly outcome: CallOutcome };

/** `gone`: the poll did not take the call. `lost`: the router stopped with it in hand. */
export type CallOutcome = Outcome | "gone" | "lost";

const MARK = messageMark("invoke-poll", 1);
/** A header has a client context, or the message of a failure. */
const HEADER_BYTES_MAX = 65_536;
const NO_BODY = Buffer.alloc(0);

export function encodePollMessage(message: PollMessage): Buffer {
  if (message.type === "call") {
    const { invocation, ...header } = message;
    // An answer that comes back to another router is collected: a sink stays where it is.
    const { payload, sink: _, ...fields } = invocation;
    return encodeMarked(MARK, { ...header, fields }, payload);
  }
  if (message.type !== "ended" || typeof message.outcome === "string") return encodeMarked(MARK, message, NO_BODY);
  const { responseJson, ...outcome } = message.outcome;
  const header = { ...message, outcome, hasResponse: responseJson !== undefined };
  return encodeMarked(MARK, header, responseJson === undefined ? NO_BODY : Buffer.from(responseJson));
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodePollMessage(bytes: Buffer): PollMessage | undefined {
  const read = decodeMarked(MARK, bytes, HEADER_BYTES_MAX);
  if (read === undefined) return undefined;
  const { header, body } = read;
  const { type, ask, from, functionName, timeoutMs, fields, except } = header;
  if (typeof ask !== "string") return undefined;
  if (type === "alive") return { type, ask };
  if (type === "over") return typeof except === "string" ? { type, ask, except } : { type, ask };
  if (type === "ended") {
    const outcome = outcomeIn(header, body);
    return outcome && { type, ask, outcome };
  }
  if (typeof from !== "string") return undefined;
  if (type === "have") return { type, ask, from };
  if (type === "want") return typeof functionName === "string" ? { type, ask, from, functionName } : undefined;
  const invocation = typeof timeoutMs === "number" ? invocationIn(fields, body) : undefined;
  if (type !== "call" || invocation === undefined) return undefined;
  return { type, ask, from, timeoutMs: Number(timeoutMs), invocation };
}

/** It is of a router, and what it says beside the id is not checked. */
function invocationIn(fields: Json | undefined, payload: Buffer): Invocation | undefined {
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) return undefined;
  const { id } = fields as JsonObject;
  return typeof id === "string" ? { ...(fields as unknown as Omit<Invocation, "payload">), payload } : undefined;
}

function outcomeIn({ outcome, hasResponse }: JsonObject, body: Buffer): CallOutcome | undefined {
  if (outcome === "gone" || outcome === "lost") return outcome;
  if (typeof outcome !== "object" || outcome === null || Array.isArray(outcome)) return undefined;
  const response = hasResponse === true ? { responseJson: body.toString() } : {};
  const { ok, reason, message, statusCode, retryAfterMs, beginsWithHead } = outcome as JsonObject;
  if (ok === true) {
    const head = beginsWithHead === true ? { beginsWithHead } : {};
    return typeof statusCode === "number" ? { ok, statusCode, ...response, ...head } : undefined;
  }
  const known = FAILURE_REASONS.find((one) => one === reason);
  if (known === undefined || typeof message !== "string") return undefined;
  const failure: Failure = { ok: false, reason: known, message, ...response };
  return {
    ...failure,
    ...(typeof statusCode === "number" ? { statusCode } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  };
}
