import type { TraceContext } from "../../domain/event/trace.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { CallRefusal } from "../../domain/invoke.ts";
import type { AnswerSink } from "./functions.ts";
import type { FunctionConfig } from "../../domain/target/function.ts";

/** What a caller asks a function for. */
export interface AskedCall {
  /** The request's id. A caller never chooses it. */
  readonly id: string;
  readonly fn: FunctionConfig;
  /** The version or alias that the caller named. */
  readonly qualifier: string | undefined;
  /** JSON in UTF-8. Nobody changes these bytes. */
  readonly payload: Buffer;
  /** The trace that the caller is in. */
  readonly trace: TraceContext | undefined;
  /** A principal's id; undefined on a router without credentials. */
  readonly by: string | undefined;
}

/** What only a caller who waits can give, and ask for. */
export interface WaitingCall extends AskedCall {
  /** JSON text in ASCII, without line breaks. */
  readonly clientContext: string | undefined;
  /** Whether the caller wants the last of what the function writes. */
  readonly wantsLog: boolean;
  /** Fires when the caller has hung up. A call that has begun goes on. */
  readonly gone: AbortSignal;
  /** Takes an answer that the function streams: the outcome is then without a response. */
  readonly sink?: AnswerSink;
}

export type InvokeEnd =
  | {
      readonly kind: "called";
      readonly outcome: Outcome;
      /** The last that the function wrote; undefined where that is not wanted, or not known here. */
      readonly log: Buffer | undefined;
    }
  | { readonly kind: "refused"; readonly reason: CallRefusal };

/** Calls functions for callers outside: those who wait for the answer, and those who do not. */
export interface FunctionCalls {
  /**
   * Whether callers can wait for functions of this kind. A container takes one call at a time, from the one router that
   * consumes its queue: no other may call it.
   */
  canWaitFor(fn: FunctionConfig): boolean;
  /** Calls a function now. It waits behind no delivery, and never rejects. */
  call(asked: WaitingCall): Promise<InvokeEnd>;
  /** Stores a delivery of the payload in the function's queue. Rejects with `PublishError` when the broker did not confirm it. */
  queue(asked: AskedCall): Promise<void>;
}
