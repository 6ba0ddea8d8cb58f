import type { ConnectionListAnswer } from "../../../../src/admin-api/configuration/connections.ts";
import type { Tone } from "../text/words.ts";

export type ListedConnection = ConnectionListAnswer["connections"][number];

/** How the state of a connection is shown. */
export const CONNECTION_STATES: Readonly<
  Record<ListedConnection["state"], { readonly tone: Tone; readonly word: string }>
> = {
  AUTHORIZED: { tone: "good", word: "authorized" },
  AUTHORIZING: { tone: "warn", word: "authorizing" },
  DEAUTHORIZED: { tone: "bad", word: "deauthorized" },
};

/** How it is sent who calls, in words. */
export const AUTHORIZATION_TYPES: Readonly<Record<ListedConnection["authorizationType"], string>> = {
  BASIC: "Basic",
  API_KEY: "API key",
  OAUTH_CLIENT_CREDENTIALS: "OAuth client credentials",
};

/** The path of the page of connections, with one of them opened. */
export function connectionPath(name: string): string {
  return `connections?connection=${encodeURIComponent(name)}`;
}
