import { tryParseExactly } from "../../json/exact-json.ts";
import type { Json } from "../../json/json.ts";
import { LINES_CONTENT_TYPE } from "../../admin-api/answers.ts";
import { patientFetch } from "../../edge/http/patient-fetch.ts";
import { CommandError } from "../command-error.ts";

/** Longer than a router takes to give up on its broker. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Who is asked. */
export type ServerKind = "router" | "console";

export interface RouterRequest {
  readonly server: ServerKind;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The bearer token, for a server that asks its callers for credentials. */
  readonly token: string | undefined;
  /** How long it may take to answer; 30 s by default. */
  readonly timeoutMs?: number;
}

/** A server's answer. The body is undefined when it is not JSON. */
export interface RouterAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json | undefined;
}

/**
 * Calls a router or a console and reads its answer, whatever its status.
 *
 * @throws CommandError when nobody answers in time.
 */
export async function callRouter(url: string, request: RouterRequest): Promise<RouterAnswer> {
  const { status, headers, text } = await callRouterForText(url, request);
  return { status, headers, body: tryParseExactly(text) };
}

/** The same, with the body as it came. @throws CommandError when nobody answers in time */
export async function callRouterForText(
  url: string,
  request: RouterRequest,
): Promise<Omit<RouterAnswer, "body"> & { readonly text: string }> {
  const { timeoutMs = ANSWER_TIMEOUT_MS } = request;
  try {
    const response = await ask(url, request, AbortSignal.timeout(timeoutMs));
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    throw unanswered(request.server, url, cause, timeoutMs);
  }
}

/**
 * Calls one that answers with JSON lines, and reads them for as long as they keep coming. The body of the result is
 * the last line; of an answer in any other form, all of it.
 *
 * @throws CommandError when nobody answers, no line comes in time, or the answer breaks off.
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
    throw answered && !silence.signal.aborted
      ? brokenOff(request.server, url, cause)
      : unanswered(request.server, url, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** The whole lines of an answer. Readline would also end lines at characters that JSON allows inside strings. */
async function* linesOf({ body }: Response): AsyncGenerator<string> {
  if (body === null) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function ask(
  url: string,
  { server: _, timeoutMs, token, headers, ...request }: RouterRequest,
  signal: AbortSignal,
): Promise<Response> {
  const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const init = { ...request, headers: { ...headers, ...credentials }, signal };
  if (timeoutMs === undefined) return fetch(url, init);
  return patientFetch(url, init);
}

function unanswered(
  server: ServerKind,
  url: string,
  cause: unknown,
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): CommandError {
  const { origin } = new URL(url);
  const message =
    cause instanceof DOMException && cause.name === "TimeoutError"
      ? `the ${server} at ${origin} did not answer within ${timeoutMs / 1_000} s`
      : `no ${server} answers at ${origin}: is \`npm start\` running?`;
  return new CommandError(message, { cause });
}

/** The error for an answer that ends before its last line. */
export function brokenOff(server: ServerKind, url: string, cause?: unknown): CommandError {
  return new CommandError(`the ${server} at ${new URL(url).origin} broke off its answer`, { cause });
}

/** The hint for a router that refused a caller without credentials that it knows. */
export const TOKEN_HINT = "set BUSBAR_TOKEN to a bearer token that the router knows";

/** The bearer token of an environment. */
export function tokenIn(env: NodeJS.ProcessEnv): string | undefined {
  const token = env["BUSBAR_TOKEN"] ?? "";
  return token === "" ? undefined : token;
}

/** The error for an answer that such a server does not give. Something else may listen there, or a proxy may stand before it. */
export function notOurs(server: ServerKind, url: string, { status }: RouterAnswer): CommandError {
  return new CommandError(`what answers at ${new URL(url).origin} is not a ${server}: HTTP ${status}`);
}
