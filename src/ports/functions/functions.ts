import type { JsonObject } from "../../json/json.ts";
import type { Outcome } from "../../domain/failure/outcome.ts";
import type { HttpParameters } from "../../domain/target/http-parameters.ts";
import type { DestinationRef } from "../../domain/target/target.ts";

/** Takes an answer while its function writes it. */
export interface AnswerSink {
  /**
   * Called once, before the first piece.
   *
   * @param contentType as the function gave it.
   * @param executedVersion where the call was for a version or an alias.
   */
  begin(contentType: string | undefined, executedVersion?: string): void;
  /** Resolves when the next piece may come. Never rejects. */
  write(piece: Buffer): Promise<void>;
}

/** One attempt's call of a function or API destination. */
export interface Invocation {
  /** The delivery id: the request id the function sees, the same on every attempt. */
  readonly id: string;
  /** The event that it is about, or that the record is about which it is given; undefined where nobody knows. */
  readonly eventId?: string;
  /** 1-based. */
  readonly attempt: number;
  /** How often the delivery was redriven; undefined when never. Attempts count from 1 again each time. */
  readonly redriven?: number;
  /** With the version or alias that was asked for, which a function sees in its ARN. */
  readonly destination: DestinationRef;
  /** What the target is to be given: JSON text in UTF-8. Nobody changes these bytes. */
  readonly payload: Buffer;
  /** The event the payload was made from; undefined when the payload is a function's record. */
  readonly event?: JsonObject;
  /** What the target adds to the call of an API destination. */
  readonly http?: HttpParameters;
  /** The trace context that the target is given. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Whether a person tests the function. */
  readonly isTest?: boolean;
  /** What a caller who waits gives beside the payload: JSON text in ASCII, without line breaks. */
  readonly clientContext?: string;
  /** Where an answer goes that is streamed. Left out, and at another router, it is collected. */
  readonly sink?: AnswerSink;
}

/**
 * Calls one configured function or API destination. `invoke` answers every failure as an `Outcome` and bounds its
 * own time; it rejects only when `signal` fires, and then the attempt does not count.
 */
export interface Invoker {
  invoke(invocation: Invocation, signal: AbortSignal): Promise<Outcome>;
  /** How many calls it can take at once, where that is not simply the configured concurrency; may change. */
  readonly capacity?: Capacity;
  /** Ends what it holds (connections, processes). Called after the last `invoke` has settled. */
  close(): Promise<void>;
}

/** How one attempt is made: by calling its target, or by answering the poll that waits for it. `gone` is a poll that went away. */
export type PreparedCall = (invocation: Invocation, signal: AbortSignal) => Promise<Outcome | "gone">;

/** A number of slots which changes as containers come and go. */
export interface Capacity {
  current(): number;
  onChange(listener: () => void): void;
}

/** A function's environment that asked the Runtime API for work, and waits. */
export interface Poll {
  readonly functionName: string;
  /** Fires when its connection is gone, or the router stops: then it can be given nothing. */
  readonly gone: AbortSignal;
  /**
   * Gives it the invocation and resolves with what came of it, or with `gone` when the connection could not
   * take it. At the deadline the outcome is `timeout`. Rejects only when `signal` fires.
   */
  invoke(invocation: Invocation, timeoutMs: number, signal: AbortSignal): Promise<Outcome | "gone">;
}

/** Called once for each poll; resolves when the poll is done with. */
export type PollHandler = (poll: Poll) => Promise<void>;
