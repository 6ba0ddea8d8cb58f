import type { ClientCredentials } from "../../../domain/target/function.ts";
import type { NamedTexts } from "../../../domain/target/http-parameters.ts";
import type { Exchange } from "../http/exchange.ts";
import { hostAndPort } from "../http/exchange.ts";

const FORM = "application/x-www-form-urlencoded";

/**
 * The request for an access token by client credentials (RFC 6749, section 4.4): a form; or JSON, where the credentials' own
 * header says so. A GET has everything in its query.
 */
export function tokenRequest(credentials: ClientCredentials): Omit<Exchange, "timeoutMs"> {
  const { tokenUrl, method, query, headers: given } = credentials;
  const url = new URL(tokenUrl);
  const parameters = parametersOf(credentials);
  const own = Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const headers = { accept: "application/json", "content-type": FORM, ...own, ...authorizationOf(credentials) };
  const isGet = method === "GET";
  const added = new URLSearchParams(isGet ? { ...query, ...parameters } : query).toString();
  const isJson = headers["content-type"].startsWith("application/json");
  const body = isJson ? JSON.stringify(parameters) : new URLSearchParams(parameters).toString();
  return {
    origin: url.origin,
    from: hostAndPort(url),
    path: url.pathname + url.search + (added === "" ? "" : `${url.search === "" ? "?" : "&"}${added}`),
    method,
    headers,
    body: isGet ? "" : body,
  };
}

function parametersOf(credentials: ClientCredentials): NamedTexts {
  const { clientId, clientSecret, clientAuthentication, scope, parameters } = credentials;
  return {
    ...parameters,
    grant_type: "client_credentials",
    ...(scope === undefined ? {} : { scope }),
    ...(clientAuthentication === "body" ? { client_id: clientId, client_secret: clientSecret } : {}),
  };
}

function authorizationOf({ clientId, clientSecret, clientAuthentication }: ClientCredentials): NamedTexts {
  if (clientAuthentication === "body") return {};
  const user = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
  return { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}
