import type { JsonObject } from "../../../json/json.ts";
import type { Authorized } from "../authorized.ts";
import type { DoorRequest } from "../door-request.ts";
import { headerOf, queryPairs } from "../door-request.ts";
import { forwardedHeaders, requestTime } from "./forwarded.ts";
import type { DoorEventParts } from "./event-parts.ts";
import { STAGE } from "./event-parts.ts";
import { eventBody } from "./request-body.ts";

/** Payload 2.0, of HTTP APIs and function URLs (API Gateway developer guide, "AWS Lambda proxy integrations for HTTP APIs"). */
export function payload2(parts: DoorEventParts): JsonObject {
  const { request, body, door } = parts;
  const cookies = cookiesOf(request);
  const query = queryPairs(request);
  return {
    version: "2.0",
    routeKey: door.routeKey,
    rawPath: door.rawPath,
    rawQueryString: request.rawQuery,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: headersOf(request),
    ...(query.length === 0 ? {} : { queryStringParameters: joined(query) }),
    requestContext: requestContext(parts),
    ...(door.pathParameters === undefined ? {} : { pathParameters: door.pathParameters }),
    ...(eventBody(request, body) ?? { isBase64Encoded: false }),
  };
}

/** The context of a request, as functions and authorizers get it. */
export function requestContext({ request, door, authorized, identity }: DoorEventParts): JsonObject {
  const { id, method, protocol, sourceIp, host, receivedAtMs } = request;
  const isAnonymous = door.isFunctionUrl && authorized.kind === "none";
  return {
    accountId: isAnonymous ? "anonymous" : identity.accountId,
    apiId: door.isFunctionUrl ? door.functionName : door.name,
    ...authorizerOf(authorized, identity.accountId),
    domainName: host,
    domainPrefix: host.split(".")[0] ?? "",
    http: { method, path: door.rawPath, protocol, sourceIp, userAgent: headerOf(request, "user-agent") ?? "" },
    requestId: id,
    routeKey: door.routeKey,
    stage: STAGE,
    time: requestTime(receivedAtMs),
    timeEpoch: receivedAtMs,
  };
}

function authorizerOf(authorized: Authorized, accountId: string): JsonObject {
  switch (authorized.kind) {
    case "none":
      return {};
    case "jwt":
      return { authorizer: { jwt: { claims: authorized.claims, scopes: authorized.scopes } } };
    case "function":
      return { authorizer: { lambda: authorized.context } };
    case "iam": {
      const { userId, userArn, accessKeyId = null } = authorized;
      const caller = { accountId, callerId: userId, cognitoIdentity: null, principalOrgId: null, userArn, userId };
      return { authorizer: { iam: { accessKey: accessKeyId, ...caller } } };
    }
  }
}

function cookiesOf({ headers }: DoorRequest): readonly string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === "cookie")
    .flatMap(([, value]) => value.split(";"))
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "");
}

/** Names in lower case, values of one name joined. Cookies have a member of their own. */
function headersOf(request: DoorRequest): Readonly<Record<string, string>> {
  const pairs = request.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...joined(pairs.filter(([name]) => name !== "cookie")), ...forwardedHeaders(request) };
}

function joined(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}
