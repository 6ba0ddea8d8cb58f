import type { ConnectionListAnswer } from "../../../src/admin-api/configuration/connections.ts";

const NOW_MS = Date.now();
const TIMES = { createdAtMs: NOW_MS - 86_400_000, changedAtMs: NOW_MS - 3_600_000 };

const CONNECTIONS: ConnectionListAnswer["connections"] = [
  {
    name: "crm",
    description: "The CRM of the shop",
    authorizationType: "BASIC",
    state: "AUTHORIZED",
    ...TIMES,
    lastAuthorizedAtMs: NOW_MS - 3_600_000,
    apiDestinations: ["crm"],
    apiDestinationCount: 1,
  },
  {
    name: "ledger",
    authorizationType: "OAUTH_CLIENT_CREDENTIALS",
    state: "DEAUTHORIZED",
    stateReason: "OAuth: login.example.com: no access token, HTTP 401",
    unusable: "connection ledger is DEAUTHORIZED: update it with new parameters",
    ...TIMES,
    apiDestinations: Array.from({ length: 20 }, (_, number) => `ledger-${number}`),
    apiDestinationCount: 23,
  },
  {
    name: "new",
    authorizationType: "OAUTH_CLIENT_CREDENTIALS",
    state: "AUTHORIZING",
    ...TIMES,
    apiDestinations: [],
    apiDestinationCount: 0,
  },
  {
    name: "sealed",
    authorizationType: "API_KEY",
    state: "AUTHORIZED",
    unusable: "connection sealed cannot be used: no key of this router opens it",
    ...TIMES,
    lastAuthorizedAtMs: NOW_MS - 3_600_000,
    apiDestinations: [],
    apiDestinationCount: 0,
  },
];

/** Connections in every state, as `GET connections` has them, for the tests of the page. */
export function connectionPage(query: URLSearchParams): ConnectionListAnswer {
  const [name, unusable] = [query.get("connection"), query.get("unusable")];
  const fits = (one: (typeof CONNECTIONS)[number]) => `${one.unusable !== undefined}` === (unusable ?? "");
  return {
    connections: CONNECTIONS.filter((one) => (name ?? one.name) === one.name && (unusable === null || fits(one))),
  };
}
