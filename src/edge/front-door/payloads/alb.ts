import type { JsonObject } from "../../../json/json.ts";
import { forwardedHeaders } from "./forwarded.ts";
import type { DoorEventParts } from "./event-parts.ts";
import { eventBody } from "./request-body.ts";

/** The event of an application load balancer (Elastic Load Balancing user guide, "Lambda functions as targets"). */
export function albEvent({ request, body, door, identity }: DoorEventParts): JsonObject {
  const { region, accountId } = identity;
  const targetGroupArn = `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${door.name}/${door.functionName}`;
  return {
    requestContext: { elb: { targetGroupArn } },
    httpMethod: request.method,
    path: door.rawPath,
    queryStringParameters: Object.fromEntries(rawQueryPairs(request.rawQuery)),
    headers: {
      ...Object.fromEntries(request.headers.map(([name, value]) => [name.toLowerCase(), value])),
      ...forwardedHeaders(request),
    },
    ...(eventBody(request, body) ?? { body: "", isBase64Encoded: false }),
  };
}

/** A load balancer decodes nothing; the last of several values counts. */
function rawQueryPairs(rawQuery: string): readonly (readonly [string, string])[] {
  return rawQuery
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      return at === -1 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    });
}
