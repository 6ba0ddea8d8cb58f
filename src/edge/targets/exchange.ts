import { Agent } from "undici";
import type { Limit } from "../../core/limits.ts";
import type { Failure, Outcome } from "../../core/outcome.ts";
import type { FailureReason } from "../../core/reason.ts";
import type { TlsTexts } from "../../core/tls-texts.ts";
import type { AddressGuard } from "./address-guard.ts";
import { guardedConnector } from "./address-guard.ts";
import type { Answer } from "./answer.ts";
import { parseRetryAfter } from "./answer.ts";
import { AnswerReader } from "./answer-reader.ts";
import { waitFor } from "./wait-for.ts";

/** One HTTP request to a target. */
export interface Exchange {
  /** Scheme, host and port that are connected to. */
  readonly origin: string;
  /** The same as `host:port`, for messages. */
  readonly from: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the start to the last byte of the answer, connecting included. */
  readonly timeoutMs: number;
}

/** Lambda's own limit on a response, 6 MiB and 100 bytes, for whoever has no other to keep. */
export const LAMBDA_RESPONSE_LIMIT: Limit = { max: 6 * 1_024 * 1_024 + 100, exceeded: () => undefined };

/**
 * What failed before or while an answer was read, by Node.js's and undici's error codes; the rest is `connection`.
 * Undici's parser error has a code of its own (`HPE_…`) in some versions only, and then goes by its name.
 */
const CODE_REASONS: Readonly<Record<string, FailureReason>> = {
  HTTPParserError: "invalid_response",
  UND_ERR_RES_EXCEEDED_MAX_SIZE: "invalid_response",
  UND_ERR_HEADERS_OVERFLOW: "invalid_response",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "invalid_response",
  UND_ERR_INVALID_ARG: "client_error",
  ADDRESS_NOT_ALLOWED: "client_error",
};

export interface CallerOptions {
  /** How many connections an origin gets. */
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** An answer that is longer is dropped with its connection. Lambda's 6 MiB by default. */
  readonly responseLimit?: Limit | undefined;
  /** Which addresses may be connected to. Left out, all of them. */
  readonly addressGuard?: AddressGuard | undefined;
  /** For https, beside the system's authorities. */
  readonly tls?: TlsTexts | undefined;
}

/** Keep-alive connections to one target. */
export class Caller {
  readonly #agent: Agent;
  readonly #responseLimit: Limit;

  /**
   * Undici's own time limits on answers are off, because each exchange has its own; HTTP/2 is off, so that one
   * connection carries one call and dropping the connection drops that call alone.
   */
  constructor(options: CallerOptions) {
    const {
      connections,
      connectTimeoutMs = 10_000,
      responseLimit = LAMBDA_RESPONSE_LIMIT,
      addressGuard,
      tls,
    } = options;
    this.#responseLimit = responseLimit;
    this.#agent = new Agent({
      connections,
      connectTimeout: connectTimeoutMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: responseLimit.max,
      allowH2: false,
      ...(addressGuard === undefined
        ? { connect: { ...tls } }
        : { connect: guardedConnector({ guard: addressGuard, timeoutMs: connectTimeoutMs, tls }) }),
    });
  }

  /**
   * Makes one request and reads the whole answer. Redirects are not followed, nothing is sent twice.
   *
   * @param judge what the answer means; not called when there was none.
   * @returns the outcome: the judge's, or `timeout`, `connection` (refused, reset, no such name, TLS),
   *   `invalid_response` (not HTTP, or too long) or `client_error` (a header that HTTP cannot carry, or an address
   *   that the guard refuses).
   *   Rejects with the signal's reason when that fires, and then the connection is dropped.
   */
  async exchange(request: Exchange, signal: AbortSignal, judge: (answer: Answer) => Outcome): Promise<Outcome> {
    signal.throwIfAborted();
    const reader = new AnswerReader();
    this.#agent.dispatch(request, reader);
    const work = this.#judged(request.from, reader, judge);
    const outcome = await waitFor(work, request.timeoutMs, signal, () => reader.drop());
    return outcome ?? timedOut(request);
  }

  /** Drops every connection. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #judged(from: string, reader: AnswerReader, judge: (answer: Answer) => Outcome): Promise<Outcome> {
    let answer: Answer;
    try {
      const { statusCode, headers, text } = await reader.answer;
      const retryAfterMs = readRetryAfter(headers["retry-after"]);
      answer = { from, statusCode, text, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    } catch (error) {
      if (errorCode(error) === "UND_ERR_RES_EXCEEDED_MAX_SIZE") this.#responseLimit.exceeded();
      return networkFailure(from, error);
    }
    return judge(answer);
  }
}

function readRetryAfter(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" ? parseRetryAfter(header, Date.now()) : undefined;
}

function timedOut({ from, timeoutMs }: Exchange): Failure {
  return { ok: false, reason: "timeout", message: `${from} gave no complete answer within ${timeoutMs / 1_000} s` };
}

/** The error's own message is kept: it names the address tried, and never a header's value. */
function networkFailure(from: string, error: unknown): Failure {
  const code = errorCode(error);
  const reason = code.startsWith("HPE_") ? "invalid_response" : (CODE_REASONS[code] ?? "connection");
  return { ok: false, reason, message: `${from}: ${code} (${error instanceof Error ? error.message : String(error)})` };
}

/** A network error's code, or that of what caused it, or its name where nothing has a code. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

/** `host:port`, the scheme's own port spelled out. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}
