import type { GuardedAction } from "../../../../src/domain/access/actions.ts";
import type { Tone } from "../text/words.ts";

interface WayToCall {
  readonly name: string;
  readonly note: string;
  readonly verb: string;
  readonly action: GuardedAction;
}

/** How a function can be called by hand, as the page's address has it. */
export const WAYS_TO_CALL = {
  test: {
    name: "as a test, through its queue",
    note: "It waits its turn in the function's queue. Nothing is retried, recorded or dead-lettered.",
    verb: "Call it once",
    action: "busbar:TestFunction",
  },
  invoke: {
    name: "Invoke, at once",
    note: "Beside its queue: it takes what is free, and is refused where nothing is. Nothing is retried, recorded or dead-lettered.",
    verb: "Invoke it",
    action: "lambda:InvokeFunction",
  },
  event: {
    name: "Invoke as an event",
    note: "The payload goes into the function's queue, and is a delivery as any other, with retries, records and dead letters.",
    verb: "Queue it",
    action: "lambda:InvokeFunction",
  },
} as const satisfies Readonly<Record<string, WayToCall>>;

export type Way = keyof typeof WAYS_TO_CALL;

/** The way that an address names; a test where it names none. */
export function wayOf(text: string | undefined): Way {
  return text === "invoke" || text === "event" ? text : "test";
}

/** What Lambda's Invoke answered. */
export interface InvokeAnswer {
  /** 200 for a call, 202 for an event that is in the function's queue. */
  readonly status: number;
  readonly requestId: string | undefined;
  readonly executedVersion: string | undefined;
  /** `Unhandled` where the function failed. */
  readonly functionError: string | undefined;
  /** How long it took until the answer was here, in milliseconds. */
  readonly tookMs: number;
  /** JSON; empty for an event. */
  readonly response: string;
  /** The end of what it wrote; undefined where nobody but the function knows. */
  readonly log: string | undefined;
}

/** Reads an answer of Invoke, whose headers say what came of the call. */
export function readInvokeAnswer(
  { status, headers }: Pick<Response, "status" | "headers">,
  response: string,
  tookMs: number,
): InvokeAnswer {
  const log = headers.get("x-amz-log-result");
  return {
    status,
    requestId: headers.get("x-amzn-requestid") ?? undefined,
    executedVersion: headers.get("x-amz-executed-version") ?? undefined,
    functionError: headers.get("x-amz-function-error") ?? undefined,
    tookMs,
    response,
    log: log === null ? undefined : textOfBase64(log),
  };
}

/** The text whose UTF-8 stands there in Base64. */
function textOfBase64(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
}

/** What came of a call by Invoke, in a word and a sentence. */
export function invokeWords({ status, functionError }: InvokeAnswer): { tone: Tone; word: string; sentence: string } {
  if (status === 202) return { tone: "idle", word: "queued", sentence: "The payload is in the function's queue." };
  return functionError === undefined
    ? { tone: "good", word: "succeeded", sentence: "The function answered." }
    : { tone: "bad", word: "failed", sentence: "The function reported an error, or did not come to an end." };
}
