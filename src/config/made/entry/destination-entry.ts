import { withSecrets } from "../../../domain/made/auth-parameters.ts";
import type { MadeApiDestination, MadeConnection } from "../../../domain/made/connection.ts";
import type { Json, JsonObject } from "../../../json/json.ts";
import { isJsonObject } from "../../../json/json.ts";

type Raw = Record<string, unknown>;

/**
 * An API destination that was made over the API, as a file would have it.
 *
 * @param connection undefined where it has none that can be used.
 */
export function rawDestination(destination: MadeApiDestination, connection: Raw | undefined): Raw {
  const { description, endpoint, method, invocationRateLimitPerSecond } = destination;
  return {
    ...(description === undefined ? {} : { description }),
    url: urlOf(endpoint),
    method,
    ...(connection === undefined ? {} : { connection }),
    ...(invocationRateLimitPerSecond === undefined ? {} : { invocationRateLimitPerSecond }),
  };
}

/** A connection as a file has it, of its type and whole `AuthParameters`. */
export function rawConnection(type: MadeConnection["authorizationType"], parameters: JsonObject): Raw {
  const invocation = parameters["InvocationHttpParameters"];
  const added = isJsonObject(invocation ?? null) ? { invocationHttpParameters: httpParameters(invocation) } : {};
  switch (type) {
    case "BASIC": {
      const { Username: username, Password: password } = objectOf(parameters["BasicAuthParameters"]);
      return { basic: { username, password }, ...added };
    }
    case "API_KEY": {
      const { ApiKeyName: header, ApiKeyValue: value } = objectOf(parameters["ApiKeyAuthParameters"]);
      return { apiKey: { header, value }, ...added };
    }
    case "OAUTH_CLIENT_CREDENTIALS":
      return { oauth: rawOAuth(objectOf(parameters["OAuthParameters"])), ...added };
  }
}

/**
 * The destination as it may be shown, and goes into a file: for each secret a reference to an environment variable, such as
 * `${env:CRM_PASSWORD}`. What somebody wrote to look like a reference is escaped.
 */
export function shownDestination(
  name: string,
  destination: MadeApiDestination,
  connection: MadeConnection | undefined,
): Raw {
  const bare = escaped(rawDestination(destination, undefined)) as Raw;
  if (connection === undefined || connection.state === "DEAUTHORIZED") return bare;
  const parameters = withSecrets(escaped(connection.authParameters) as JsonObject, () => undefined);
  const raw = rawConnection(connection.authorizationType, parameters);
  return { ...bare, connection: withReferences(raw, [name]) };
}

function rawOAuth({ ClientParameters, AuthorizationEndpoint, HttpMethod, OAuthHttpParameters }: JsonObject): Raw {
  const { ClientID: clientId, ClientSecret: clientSecret } = objectOf(ClientParameters);
  const { bodyParameters, ...others } = httpParameters(OAuthHttpParameters);
  return {
    tokenUrl: typeof AuthorizationEndpoint === "string" ? urlOf(AuthorizationEndpoint) : undefined,
    method: typeof HttpMethod === "string" ? HttpMethod.toUpperCase() : HttpMethod,
    clientId,
    clientSecret,
    clientAuthentication: "body",
    parameters: bodyParameters,
    ...others,
  };
}

function httpParameters(given: Json | undefined) {
  const { HeaderParameters, QueryStringParameters, BodyParameters } = objectOf(given);
  return {
    headerParameters: namedValues(HeaderParameters),
    queryStringParameters: namedValues(QueryStringParameters),
    bodyParameters: namedValues(BodyParameters),
  };
}

/** Of two with one key the later one counts. */
function namedValues(list: Json | undefined): Raw {
  const items: readonly Json[] = Array.isArray(list) ? list : [];
  return Object.fromEntries(
    items.filter(isJsonObject).map(({ Key, Value }) => [typeof Key === "string" ? Key : "", Value]),
  );
}

/** What a connection's text is missing is a secret: undefined members get a reference by the way to them. */
function withReferences(value: unknown, way: readonly string[]): unknown {
  if (value === undefined)
    return `\${env:${way
      .join("_")
      .replaceAll(/[^A-Za-z0-9]+/g, "_")
      .toUpperCase()}}`;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withReferences(item, [...way, key])]));
}

function escaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}

/** AWS takes an endpoint without a scheme, and calls by https only. */
function urlOf(endpoint: string): string {
  return /^https?:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value ?? null) ? (value as JsonObject) : {};
}
