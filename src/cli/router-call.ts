import { tryParseExactly } from "../core/exact-json.ts";
import type { Json } from "../core/json.ts";
import { CommandError } from "./command-error.ts";

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
    const headers = { ...request.headers, ...credentials() };
    const response = await fetch(url, { ...request, headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return { status: response.status, headers: response.headers, body: tryParseExactly(await response.text()) };
  } catch (cause) {
    const { origin } = new URL(url);
    const message =
      cause instanceof DOMException && cause.name === "TimeoutError"
        ? `the router at ${origin} did not answer within ${ANSWER_TIMEOUT_MS / 1_000} s`
        : `no router answers at ${origin}: is \`npm start\` running?`;
    throw new CommandError(message, { cause });
  }
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
