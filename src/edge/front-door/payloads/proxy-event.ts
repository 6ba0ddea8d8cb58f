import type { JsonObject } from "../../../json/json.ts";
import type { Authorized } from "../authorized.ts";
import { headerOf, queryPairs } from "../door-request.ts";
import { forwardedHeaders, requestTime } from "./forwarded.ts";
import type { DoorEventParts } from "./event-parts.ts";
import { STAGE } from "./event-parts.ts";
import { eventBody } from "./request-body.ts";

/** Not in events, as on API Gateway: the event says by itself how long its body is. */
const LEFT_OUT = new Set(["content-length"]);

/** Parameters or headers, as events have them: the last value of each name, and all values of each name. */
interface Values {
  readonly last: Readonly<Record<string, string>>;
  readonly all: Readonly<Record<string, readonly string[]>>;
}

/**
 * Payload 1.0 of HTTP APIs, and the event of REST APIs, which has no `version` (API Gateway developer guide, "Input format
 * of a Lambda function for proxy integration").
 */
export function proxyEvent(parts: DoorEventParts): JsonObject {
  const { request, body, door } = parts;
  const headers = valuesOf(headerPairs(parts));
  const query = queryPairs(request);
  const parameters = query.length === 0 ? undefined : valuesOf(query);
  return {
    ...(door.payload === "1.0" ? { version: "1.0" } : {}),
    resource: resourceOf(door.routeKey),
    path: door.rawPath,
    httpMethod: request.method,
    headers: headers.last,
    multiValueHeaders: headers.all,
    queryStringParameters: parameters?.last ?? null,
    multiValueQueryStringParameters: parameters?.all ?? null,
    requestContext: requestContext(parts),
    pathParameters: door.pathParameters ?? null,
    stageVariables: null,
    ...(eventBody(request, body) ?? { body: null, isBase64Encoded: false }),
  };
}

function requestContext({ request, door, authorized, identity }: DoorEventParts): JsonObject {
  const { id, method, protocol, sourceIp, host, receivedAtMs } = request;
  const iam = authorized.kind === "iam" ? authorized : undefined;
  return {
    accountId: identity.accountId,
    apiId: door.name,
    ...authorizerOf(authorized, door.payload),
    ...(door.payload === "rest" ? { deploymentId: door.name } : {}),
    domainName: host,
    domainPrefix: host.split(".")[0] ?? "",
    extendedRequestId: id,
    httpMethod: method,
    identity: {
      accessKey: iam?.accessKeyId ?? null,
      accountId: iam === undefined ? null : identity.accountId,
      caller: iam?.userId ?? null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp,
      user: iam?.userId ?? null,
      userAgent: headerOf(request, "user-agent") ?? null,
      userArn: iam?.userArn ?? null,
    },
    path: door.rawPath,
    protocol,
    requestId: id,
    requestTime: requestTime(receivedAtMs),
    requestTimeEpoch: receivedAtMs,
    resourceId: door.name,
    resourcePath: resourceOf(door.routeKey),
    stage: STAGE,
  };
}

function authorizerOf(authorized: Authorized, payload: DoorEventParts["door"]["payload"]): JsonObject {
  if (authorized.kind === "jwt") {
    const { claims, scopes } = authorized;
    return { authorizer: payload === "rest" ? { claims } : { claims, scopes } };
  }
  if (authorized.kind !== "function") return {};
  const { context, principalId } = authorized;
  return { authorizer: { ...context, ...(principalId === undefined ? {} : { principalId }) } };
}

/** `/orders/{id}` of `GET /orders/{id}`. */
function resourceOf(routeKey: string): string {
  return routeKey.split(" ")[1] ?? routeKey;
}

/** Names as they were sent; those that every front door knows in their usual letters. */
function headerPairs({ request }: DoorEventParts): readonly (readonly [string, string])[] {
  const forwarded = forwardedHeaders(request);
  const sent = request.headers.filter(([name]) => {
    const lower = name.toLowerCase();
    return !LEFT_OUT.has(lower) && !Object.hasOwn(forwarded, lower);
  });
  return [...sent, ...Object.entries(forwarded)].map(([name, value]) => [canonical(name), value]);
}

const USUAL_NAMES = new Map(
  [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Cookie",
    "Host",
    "Origin",
    "Referer",
    "User-Agent",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
  ].map((name) => [name.toLowerCase(), name]),
);

function canonical(name: string): string {
  return USUAL_NAMES.get(name.toLowerCase()) ?? name;
}

function valuesOf(pairs: readonly (readonly [string, string])[]): Values {
  const all = Map.groupBy(pairs, ([name]) => name);
  return {
    last: Object.fromEntries([...all].map(([name, of]) => [name, of.at(-1)?.[1] ?? ""])),
    all: Object.fromEntries([...all].map(([name, of]) => [name, of.map(([, value]) => value)])),
  };
}
