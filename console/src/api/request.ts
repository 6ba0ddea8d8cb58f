import { signal } from "@preact/signals";
import { ApiError, problemOf } from "./problem.ts";

const TOKEN_KEY = "busbar-token";

/** Whether the API wants to know who is asking, and does not. */
export const isSignInNeeded = signal(false);

let token: string | undefined = readToken();

/** Uses a bearer token from now on, for as long as the tab is open. */
export function signIn(newToken: string): void {
  token = newToken.trim();
  sessionStorage.setItem(TOKEN_KEY, token);
  isSignInNeeded.value = false;
}

export function signOut(): void {
  token = undefined;
  sessionStorage.removeItem(TOKEN_KEY);
  isSignInNeeded.value = true;
}

function readToken(): string | undefined {
  return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

interface RequestOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  readonly body?: unknown;
}

/** Reads something. @throws ApiError when it is refused, or nothing answers. */
export function get<Answer>(path: string, options: RequestOptions = {}): Promise<Answer> {
  return answerOf<Answer>("GET", path, options);
}

/** Asks for something to be done. @throws ApiError */
export function send<Answer>(method: "POST" | "PUT" | "DELETE", path: string, options: RequestOptions = {}) {
  return answerOf<Answer>(method, path, options);
}

/** Asks for something that answers with JSON lines, and passes on each as it comes. @throws ApiError */
export async function lines(
  path: string,
  query: Query,
  onLine: (line: unknown) => void,
  options: Omit<RequestOptions, "query"> = {},
): Promise<void> {
  const response = await respond("POST", path, { query, body: {}, ...options });
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const texts = (rest + part.value).split("\n");
    rest = texts.pop() ?? "";
    for (const text of texts) if (text !== "") onLine(JSON.parse(text));
  }
  if (rest !== "") onLine(JSON.parse(rest));
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

async function respond(method: string, path: string, { query, signal: abort, body }: RequestOptions) {
  const headers: Record<string, string> = { accept: "application/json" };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const init: RequestInit = { method, headers, cache: "no-store" };
  if (abort !== undefined) init.signal = abort;
  if (body !== undefined) init.body = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(addressOf(path, query), init).catch((cause: unknown) => {
    if (abort?.aborted === true) throw cause;
    throw new ApiError({ title: "No answer", detail: "The console's server cannot be reached." }, cause);
  });
  if (response.ok) return response;
  if (response.status === 401) isSignInNeeded.value = true;
  const refusal: unknown = await response.json().catch(() => undefined);
  throw new ApiError(problemOf(response.status, response.statusText, refusal));
}

function addressOf(path: string, query: Query = {}): URL {
  const address = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") address.searchParams.set(name, String(value));
  }
  return address;
}
