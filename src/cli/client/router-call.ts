import { tryParseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";

/** As a router sends it for what takes long. */
const LINES_CONTENT_TYPE = "application/x-ndjson";
/** Longer than a router takes to give up on its broker. */
const ANSWER_TIMEOUT_MS = 30_000;

export type RouterRequest = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> };

/** What a router answered. The body is undefined when it is not JSON. */
export interface RouterAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json | undefined;
}

/**
 * Calls a router and reads its answer, whatever its status.
 *
 * @throws CommandError when nobody answers, or not in time
 */
export async function callRouter(url: string, request: RouterRequest): Promise<RouterAnswer> {
  try {
    const response = await ask(url, request, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
    return { status: response.status, headers: response.headers, body: tryParseExactly(await response.text()) };
  } catch (cause) {
    throw unanswered(url, cause);
  }
}

/**
 * Calls a router that answers with JSON lines, for as long as they keep coming. The body of what it returns is the last
 * line; of any other answer the whole.
 *
 * @throws CommandError when nobody answers, no line comes in time, or the answer breaks off
 */
export async function callRouterForLines(
  url: string,
  request: RouterRequest,
  onLine: (line: Json | undefined) => void,
): Promise<RouterAnswer> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new DOMException("silence", "TimeoutError")), ANSWER_TIMEOUT_MS);
  let answered = false;
  try {
    const response = await ask(url, request, silence.signal);
    const { status, headers } = response;
    answered = true;
    if (headers.get("content-type") !== LINES_CONTENT_TYPE) {
      return { status, headers, body: tryParseExactly(await response.text()) };
    }
    let body: Json | undefined;
    for await (const line of linesOf(response)) {
      timer.refresh();
      onLine((body = tryParseExactly(line)));
    }
    return { status, headers, body };
  } catch (cause) {
    throw answered && !silence.signal.aborted ? brokenOff(url, cause) : unanswered(url, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** The whole lines of an answer. Not by readline, which ends lines at characters that JSON has inside of strings. */
async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function ask(url: string, request: RouterRequest, signal: AbortSignal): Promise<Response> {
  return fetch(url, { ...request, headers: { ...request.headers, ...credentials() }, signal });
}

function unanswered(url: string, cause: unknown): CommandError {
  const { origin } = new URL(url);
  const message =
    cause instanceof DOMException && cause.name === "TimeoutError"
      ? `the router at ${origin} did not answer within ${ANSWER_TIMEOUT_MS / 1_000} s`
      : `no router answers at ${origin}: is \`npm start\` running?`;
  return new CommandError(message, { cause });
}

/** Of an answer that ends before its last line. */
export function brokenOff(url: string, cause?: unknown): CommandError {
  return new CommandError(`the router at ${new URL(url).origin} broke off its answer`, { cause });
}

/** For a router that does not know who calls. */
export const TOKEN_HINT = "set BUSBAR_TOKEN to a bearer token that the router knows";

/** The bearer token of `BUSBAR_TOKEN`, for a router that asks who calls. */
function credentials(): Record<string, string> {
  const token = process.env["BUSBAR_TOKEN"] ?? "";
  return token === "" ? {} : { authorization: `Bearer ${token}` };
}

/** An answer that a router does not give. Something else may be listening there, or a proxy stand before it. */
export function notARouter(url: string, { status }: RouterAnswer): CommandError {
  return new CommandError(`what answers at ${new URL(url).origin} is not a router: HTTP ${status}`);
}
