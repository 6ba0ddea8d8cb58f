import { z } from "zod";
import type { ApiDestination, ConnectionAuth } from "../core/function.ts";
import { circuitBreakerSchema, toCircuitBreaker } from "./circuit-breaker-schema.ts";
import { ALWAYS, checkExactlyOneOf, description, httpUrl, oneOf, paused, wholeNumber } from "./schema-parts.ts";

const METHODS = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"] as const;
const AUTHORIZATIONS = ["apiKey", "basic", "bearer"] as const;

/** HTTP's header values: visible ASCII and blanks. A line break in one would start another header. */
function headerText(description: string) {
  return z
    .string()
    .regex(/^[\t\x20-\x7e]+$/, { error: "must be plain ASCII on one line, to go into an HTTP header" })
    .describe(description);
}

const connection = z
  .strictObject({
    apiKey: z
      .strictObject({
        header: z
          .string()
          .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: "must be the name of an HTTP header" })
          .describe("The header that carries the key."),
        value: headerText("The key, best as ${file:/path} or ${env:NAME}."),
      })
      .exactOptional()
      .describe("A key in a header of its own."),
    basic: z
      .strictObject({
        username: z
          .string()
          .regex(/^[^:]*$/, { error: "must not hold a colon" })
          .describe("The user's name."),
        password: z.string().describe("The password, best as ${file:/path} or ${env:NAME}."),
      })
      .exactOptional()
      .describe("HTTP basic authentication."),
    bearer: z
      .strictObject({ token: headerText("The token, best as ${file:/path} or ${env:NAME}.") })
      .exactOptional()
      .describe("A bearer token in the Authorization header."),
  })
  .superRefine((value, issues) => checkExactlyOneOf(AUTHORIZATIONS, value, issues), ALWAYS)
  .meta({ description: "How the calls are authorized.", ...oneOf(AUTHORIZATIONS) });

/** An API destination, with EventBridge's property names and defaults. */
export const apiDestinationSchema = z
  .strictObject({
    description: description.exactOptional(),
    url: httpUrl("The endpoint that is called with what the target is given."),
    method: z.enum(METHODS).default("POST").describe("The HTTP method."),
    connection: connection.exactOptional(),
    invocationRateLimitPerSecond: wholeNumber(1, 300, "Calls a second, over all routers.").default(300),
    concurrency: wholeNumber(1, 1_000, "Calls in flight at once.").default(10),
    circuitBreaker: circuitBreakerSchema.exactOptional(),
    paused,
  })
  .describe("Any HTTP API, called within a rate limit.");

type Shape = z.output<typeof apiDestinationSchema>;

/** What a checked entry of `apiDestinations` means. */
export function toApiDestination(
  name: string,
  { connection, circuitBreaker, paused, ...shape }: Shape,
): ApiDestination {
  return {
    name,
    ...shape,
    ...toCircuitBreaker(circuitBreaker, shape.concurrency),
    ...(paused ? { paused } : {}),
    auth: toAuth(connection ?? {}),
  };
}

function toAuth({ apiKey, basic, bearer }: NonNullable<Shape["connection"]>): ConnectionAuth {
  if (apiKey !== undefined) return { kind: "apiKey", ...apiKey };
  if (basic !== undefined) return { kind: "basic", ...basic };
  if (bearer !== undefined) return { kind: "bearer", ...bearer };
  return { kind: "none" };
}
