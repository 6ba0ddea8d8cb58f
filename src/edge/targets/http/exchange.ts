import { LAMBDA_RESPONSE_LIMIT } from "../../../domain/delivery/response-json.ts";
import { Agent, buildConnector } from "undici";
import type { Limit } from "../../../domain/limits.ts";
import type { Failure, Outcome } from "../../../domain/failure/outcome.ts";
import type { FailureReason } from "../../../domain/failure/reason.ts";
import type { TlsTexts } from "../../../domain/target/tls-texts.ts";
import type { AddressGuard } from "./address-guard.ts";
import { guardedConnector } from "./address-guard.ts";
import type { Answer } from "./answer.ts";
import { AnswerReader } from "./answer-reader.ts";
import { decodeContent } from "./content-coding.ts";
import { readingOverInterimAnswers } from "./interim-answers.ts";
import { responseTooLarge } from "../../../domain/delivery/response-json.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { statusReason } from "./status-reason.ts";
import { waitFor } from "../../../async/time-limit.ts";

/** One HTTP request to a target. */
export interface Exchange {
  /** Scheme, host and port that are connected to. */
  readonly origin: string;
  /** The same as `host:port`, for messages. */
  readonly from: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** From the start to the last byte of the answer, connecting included. */
  readonly timeoutMs: number;
}

/** As many as Lambda takes in a request. Some servers send more than undici's default of 16 KB. */
const HEADER_BYTES_MAX = 1_048_576;

/**
 * The reason of a failure before an answer's head was read, by Node.js's and undici's error codes. Any other code is
 * `connection`. In some versions undici's parser error has no code (`HPE_…`), and is found here by its name.
 */
const CODE_REASONS: Readonly<Record<string, FailureReason>> = {
  HTTPParserError: "invalid_response",
  UND_ERR_HEADERS_OVERFLOW: "invalid_response",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "invalid_response",
  UND_ERR_INVALID_ARG: "client_error",
  ADDRESS_NOT_ALLOWED: "client_error",
};

export interface CallerOptions {
  /** How many connections an origin gets. */
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** A longer answer is dropped with its connection. Lambda's limit by default. */
  readonly responseLimit?: Limit | undefined;
  /**
   * The reason of a call whose answer began as a success and broke off. The target may break off each time, so the reason
   * has to be one with a limited number of retries. `function_error` by default.
   */
  readonly brokenOffReason?: FailureReason;
  /** Which addresses may be connected to. Left out, all of them. */
  readonly addressGuard?: AddressGuard | undefined;
  /** For https, beside the system's authorities. */
  readonly tls?: TlsTexts | undefined;
}

/** Keep-alive connections to one target. */
export class HttpCaller {
  readonly #agent: Agent;
  readonly #responseLimit: Limit;
  readonly #brokenOffReason: FailureReason;

  /**
   * Undici's time limits on answers are off, because each exchange has its own. HTTP/2 is off, so that each connection
   * carries one call, and dropping the connection drops no other call.
   */
  constructor(options: CallerOptions) {
    const {
      connections,
      connectTimeoutMs = 10_000,
      responseLimit = LAMBDA_RESPONSE_LIMIT,
      brokenOffReason = "function_error",
      addressGuard,
      tls,
    } = options;
    this.#responseLimit = responseLimit;
    this.#brokenOffReason = brokenOffReason;
    const connect =
      addressGuard === undefined
        ? buildConnector({ ...tls, timeout: connectTimeoutMs, allowH2: false })
        : guardedConnector({ guard: addressGuard, timeoutMs: connectTimeoutMs, tls });
    this.#agent = new Agent({
      connections,
      connect: readingOverInterimAnswers(connect),
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: HEADER_BYTES_MAX,
      maxResponseSize: responseLimit.max,
      allowH2: false,
    });
  }

  /**
   * Makes one request and reads the whole answer. Redirects are not followed, nothing is sent twice.
   *
   * @param judge decides about a complete answer. Not called where there is none.
   * @returns the outcome: the judge's, or `timeout`, `connection` (refused, reset, no such name, TLS),
   *   `invalid_response` (not HTTP, or too long) or `client_error` (a header that HTTP cannot carry, or an address
   *   that the guard refuses). An answer with a failure status is judged even where its body cannot be read. An answer with
   *   a success status that breaks off fails for `brokenOffReason`.
   *   Rejects with the signal's reason when that fires, and then the connection is dropped.
   */
  async exchange(request: Exchange, judge: (answer: Answer) => Outcome, signal?: AbortSignal): Promise<Outcome> {
    signal?.throwIfAborted();
    const reader = new AnswerReader();
    this.#agent.dispatch(request, reader);
    const work = this.#judged(request.from, reader, judge);
    const outcome = await waitFor(work, request.timeoutMs, { signal, onGiveUp: () => reader.drop() });
    return outcome ?? timedOut(request);
  }

  /** Drops every connection. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #judged(from: string, reader: AnswerReader, judge: (answer: Answer) => Outcome): Promise<Outcome> {
    const body = await this.#body(reader);
    if (body === "too-long") this.#responseLimit.exceeded();
    if (reader.head === undefined) return networkFailure(from, body);
    const { statusCode, headers } = reader.head;
    if (Buffer.isBuffer(body) || statusReason(statusCode) !== undefined) {
      const retryAfterMs = readRetryAfter(headers["retry-after"]);
      const readable = Buffer.isBuffer(body) ? body : NOTHING;
      return judge({ from, statusCode, body: readable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    }
    if (body === "too-long") return { ...responseTooLarge(this.#responseLimit.max), statusCode };
    const message = `${from} answered ${statusCode} and broke off: ${describe(body)}`;
    return { ok: false, reason: this.#brokenOffReason, message, statusCode };
  }

  /** The decoded body, or why it could not be read. */
  async #body(reader: AnswerReader): Promise<Buffer | "too-long" | Error> {
    try {
      const body = await reader.body;
      const codings = reader.head?.headers["content-encoding"];
      return codings === undefined ? body : await decodeContent(body, String(codings), this.#responseLimit.max);
    } catch (error) {
      return errorCode(error) === "UND_ERR_RES_EXCEEDED_MAX_SIZE" ? "too-long" : (error as Error);
    }
  }
}

const NOTHING = Buffer.alloc(0);

function readRetryAfter(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" ? parseRetryAfter(header, Date.now()) : undefined;
}

function timedOut({ from, timeoutMs }: Exchange): Failure {
  return { ok: false, reason: "timeout", message: `${from} gave no complete answer within ${timeoutMs / 1_000} s` };
}

function networkFailure(from: string, error: unknown): Failure {
  const code = errorCode(error);
  const reason = code.startsWith("HPE_") ? "invalid_response" : (CODE_REASONS[code] ?? "connection");
  return { ok: false, reason, message: `${from}: ${describe(error)}` };
}

/** With the error's own message: it names the address, and never holds a header's value. */
function describe(error: unknown): string {
  return `${errorCode(error)} (${error instanceof Error ? error.message : String(error)})`;
}

/** A network error's code, or that of its cause, or its name where neither has a code. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : errorCode(error.cause);
}

/** `host:port`, the scheme's own port spelled out. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
}
