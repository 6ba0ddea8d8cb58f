import { z } from "zod";
import { defineKind, NAME } from "./kind/kind.ts";
import type { ApiDestination } from "../../domain/target/function.ts";
import { circuitBreakerSchema, toCircuitBreaker } from "./parts/circuit-breaker.ts";
import { connection, CONNECTION_SECRETS, toAuth } from "./parts/connection.ts";
import { tlsSchema } from "./parts/tls.ts";
import { addIssue, description, httpUrl, paused, wholeNumber } from "./parts/fields.ts";

const METHODS = ["POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"] as const;

const SIGNING_KEY_BYTES_MIN = 24;
const SIGNING_KEY_BYTES_MAX = 64;

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
export const apiDestinationSchema = z
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

type Shape = z.output<typeof apiDestinationSchema>;

/** What a checked API destination means. */
export function toApiDestination(
  name: string,
  { connection, circuitBreaker, paused, signing, ...shape }: Shape,
): ApiDestination {
  const parameters = connection?.invocationHttpParameters;
  return {
    name,
    ...shape,
    ...toCircuitBreaker(circuitBreaker, shape.concurrency),
    ...(paused ? { paused } : {}),
    auth: toAuth(connection ?? {}),
    ...(parameters === undefined ? {} : { parameters }),
    ...(signing === undefined ? {} : { signingKeys: signing.secrets.flatMap((secret) => signingKey(secret) ?? []) }),
  };
}

/** `apiDestinations` */
export const apiDestinations = defineKind({
  noun: "API destination",
  about: "HTTP APIs to call, by name, with EventBridge's property names and defaults.",
  names: NAME,
  schema: () => apiDestinationSchema,
  make: toApiDestination,
  secrets: ["url", ...CONNECTION_SECRETS.map((place) => `connection.${place}`), "signing.secrets.*", "tls.*"],
});
