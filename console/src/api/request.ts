import { signal } from "@preact/signals";
import type { AnswerAt, Method, PathBy, QueryAt } from "./operations.ts";
import { ApiError, problemOf } from "./problem.ts";

/** Whether the API wants to know who is asking, and does not. */
export const isSignInNeeded = signal(false);

export type Query = Readonly<Record<string, string | number | undefined>>;

interface RequestOptions<Asked = Query> {
  readonly query?: Asked;
  readonly signal?: AbortSignal;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads something. @throws ApiError when it is refused, or nothing answers. */
export function get<Path extends PathBy<"GET">>(path: Path, options: RequestOptions<QueryAt<"GET", Path>> = {}) {
  return answerOf<AnswerAt<"GET", Path>>("GET", path, options);
}

/** Asks for something to be done. @throws ApiError */
export function send<Verb extends Exclude<Method, "GET">, Path extends PathBy<Verb>>(
  method: Verb,
  path: Path,
  options: RequestOptions<QueryAt<Verb, Path>> = {},
) {
  return answerOf<AnswerAt<Verb, Path>>(method, path, options);
}

/** Asks for what is about signing in, which is between the page and its server. @throws ApiError */
export function askSession<Answer>(
  method: "GET" | "POST" | "DELETE",
  path: "session" | "session/issuer",
  options: Omit<RequestOptions, "query"> = {},
): Promise<Answer> {
  return answerOf<Answer>(method, path, options);
}

/** Asks for something that answers with JSON lines, and passes on each as it comes. @throws ApiError */
export async function lines<Path extends PathBy<"POST">>(
  path: Path,
  query: QueryAt<"POST", Path>,
  onLine: (line: AnswerAt<"POST", Path>) => void,
  options: Omit<RequestOptions, "query"> = {},
): Promise<void> {
  const response = await respond("POST", path, { query: query, body: {}, ...options });
  const read = (text: string) => onLine(JSON.parse(text) as AnswerAt<"POST", Path>);
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const texts = (rest + part.value).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts) if (text !== "") read(text);
  }
  if (rest !== "") read(rest);
}

/** Asks for something whose answer's headers are read as well. @throws ApiError */
export function sendForResponse(path: PathBy<"POST">, options: Omit<RequestOptions, "query">): Promise<Response> {
  return respond("POST", path, options);
}

async function answerOf<Answer>(method: string, path: string, options: RequestOptions): Promise<Answer> {
  const response = await respond(method, path, options);
  const text = await response.text();
  try {
    return (text === "" ? {} : JSON.parse(text)) as Answer;
  } catch (cause) {
    throw new ApiError({ status: response.status, title: "Unreadable answer", detail: "It is not JSON." }, cause);
  }
}

async function respond(method: string, path: string, options: RequestOptions) {
  const askedAtMs = performance.now();
  let response = await ask(method, path, options);
  if (response.status === 401 && !isOfSession(path)) {
    if (await renewedSince(askedAtMs)) response = await ask(method, path, options);
    if (response.status === 401) isSignInNeeded.value = true;
  }
  if (response.ok) return response;
  const refusal: unknown = await response.json().catch(() => undefined);
  throw new ApiError(problemOf(response, refusal));
}

/** The browser adds the session's cookie by itself. */
async function ask(method: string, path: string, { query, signal: abort, body, headers: more }: RequestOptions) {
  const headers: Record<string, string> = { accept: "application/json", ...more };
  // The server takes it, even with no body, as a sign that no form of another site's is asking.
  if (method !== "GET") headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (abort !== undefined) init.signal = abort;
  if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
  return fetch(addressOf(path, query), init).catch((cause: unknown) => {
    if (abort?.aborted === true) throw cause;
    throw new ApiError({ title: "No answer", detail: "The console's server cannot be reached." }, cause);
  });
}

/** What signs in and out is answered 401 for what was typed, and not for want of a session. */
function isOfSession(path: string): boolean {
  return path === "session" || path.startsWith("session/");
}

let renewing: Promise<boolean> | undefined;
let renewedAtMs = -Infinity;

/**
 * Has the server exchange a token that has expired for a new one. One request at a time, in all tabs: an issuer takes each refresh
 * token once. Whoever comes second finds the session renewed.
 *
 * @param askedAtMs when the request was sent that was refused: a renewal since then is enough, by `performance.now()`.
 */
async function renewedSince(askedAtMs: number): Promise<boolean> {
  if (renewedAtMs > askedAtMs) return true;
  const renew = async () => {
    const { ok } = await ask("POST", "session/renewal", {});
    if (ok) renewedAtMs = performance.now();
    return ok;
  };
  renewing ??= navigator.locks
    .request("busbar-session", renew)
    .catch(() => false)
    .finally(() => (renewing = undefined));
  return renewing;
}

function addressOf(path: string, query: Query = {}): URL {
  const address = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") address.searchParams.set(name, String(value));
  }
  return address;
}
