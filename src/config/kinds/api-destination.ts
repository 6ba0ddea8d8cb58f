import { z } from "zod";
import { defineKind, NAME } from "./kind.ts";
import type { ApiDestination, ConnectionAuth } from "../../domain/target/function.ts";
import { circuitBreakerSchema, toCircuitBreaker } from "./parts/circuit-breaker.ts";
import { tlsSchema } from "./parts/tls.ts";
import {
  addIssue,
  ALWAYS,
  checkExactlyOneOf,
  description,
  httpUrl,
  oneOf,
  paused,
  wholeNumber,
} from "./parts/fields.ts";

const METHODS = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"] as const;
const AUTHORIZATIONS = ["apiKey", "basic", "bearer", "oauth"] as const;

const SIGNING_KEY_BYTES_MIN = 24;
const SIGNING_KEY_BYTES_MAX = 64;

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
    oauth: z
      .strictObject({
        tokenUrl: httpUrl("Where access tokens are to be had."),
        clientId: z.string().min(1).max(2_048).describe("The client's id."),
        clientSecret: z.string().min(1).max(4_096).describe("Its secret, best as ${file:/path} or ${env:NAME}."),
        scope: z
          .string()
          .min(1)
          .max(2_048)
          .exactOptional()
          .describe("The scopes to ask for, with blanks between them."),
        parameters: z
          .record(z.string().min(1).max(256), z.string().max(4_096))
          .default({})
          .describe("Sent as well, for servers that want more, such as an audience."),
      })
      .exactOptional()
      .describe("OAuth 2.0 client credentials: tokens are got when needed, kept and renewed."),
  })
  .superRefine((value, issues) => checkExactlyOneOf(AUTHORIZATIONS, value, issues), ALWAYS)
  .meta({ description: "How the calls are authorized.", ...oneOf(AUTHORIZATIONS) });

const signing = z
  .strictObject({
    secrets: z
      .array(
        z
          .string()
          .superRefine((value, issues) => {
            if (signingKey(value) !== undefined) return;
            const bytes = `${SIGNING_KEY_BYTES_MIN} to ${SIGNING_KEY_BYTES_MAX}`;
            addIssue(issues, `must be whsec_ and ${bytes} bytes in base64`, { hidesValue: true });
          })
          .describe("whsec_…, best as ${file:/path} or ${env:NAME}."),
      )
      .min(1)
      .max(5)
      .describe("Each signs every call."),
  })
  .describe(
    "Signs each call by the Standard Webhooks scheme, once with each secret: two while one replaces the other.",
  );

/** `whsec_` and the key in base64, as Standard Webhooks has it; undefined when it is something else. */
function signingKey(secret: string): Buffer | undefined {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(base64 ?? "", "base64");
  return key.length >= SIGNING_KEY_BYTES_MIN && key.length <= SIGNING_KEY_BYTES_MAX ? key : undefined;
}

/** An API destination, with EventBridge's property names and defaults. */
const schema = z
  .strictObject({
    description: description.exactOptional(),
    url: httpUrl("The endpoint that is called with what the target is given."),
    method: z.enum(METHODS).default("POST").describe("The HTTP method."),
    connection: connection.exactOptional(),
    signing: signing.exactOptional(),
    tls: tlsSchema.exactOptional(),
    invocationRateLimitPerSecond: wholeNumber(1, 300, "Calls a second, over all routers.").default(300),
    concurrency: wholeNumber(1, 1_000, "Calls in flight at once.").default(10),
    circuitBreaker: circuitBreakerSchema.exactOptional(),
    paused,
  })
  .describe("Any HTTP API, called within a rate limit.");

type Shape = z.output<typeof schema>;

function toApiDestination(
  name: string,
  { connection, circuitBreaker, paused, signing, ...shape }: Shape,
): ApiDestination {
  return {
    name,
    ...shape,
    ...toCircuitBreaker(circuitBreaker, shape.concurrency),
    ...(paused ? { paused } : {}),
    auth: toAuth(connection ?? {}),
    ...(signing === undefined ? {} : { signingKeys: signing.secrets.flatMap((secret) => signingKey(secret) ?? []) }),
  };
}

function toAuth({ apiKey, basic, bearer, oauth }: NonNullable<Shape["connection"]>): ConnectionAuth {
  if (apiKey !== undefined) return { kind: "apiKey", ...apiKey };
  if (basic !== undefined) return { kind: "basic", ...basic };
  if (bearer !== undefined) return { kind: "bearer", ...bearer };
  if (oauth !== undefined) return { kind: "oauth", ...oauth };
  return { kind: "none" };
}

/** `apiDestinations` */
export const apiDestinations = defineKind({
  noun: "API destination",
  about: "HTTP APIs to call, by name, with EventBridge's property names and defaults.",
  names: NAME,
  schema: () => schema,
  make: toApiDestination,
  secrets: [
    "url",
    "connection.apiKey.value",
    "connection.basic.username",
    "connection.basic.password",
    "connection.bearer.token",
    "connection.oauth.clientId",
    "connection.oauth.clientSecret",
    "connection.oauth.parameters.*",
    "signing.secrets.*",
    "tls.*",
  ],
});
