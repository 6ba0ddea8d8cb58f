import { z } from "zod";
import type { JsonObject } from "../../json/json.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import type { Identity } from "../arn.ts";
import { connectionNameOf } from "../arn.ts";
import type { ConnectionAuth } from "../target/function.ts";
import type { MadeTimes } from "./made-times.ts";

/** The kinds of the store's entities that connections and API destinations made over the API are kept as. */
export const CONNECTION_KIND = "connection";
export const API_DESTINATION_KIND = "api-destination";

export const AUTHORIZATION_TYPES = ["BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"] as const;

/** The states that are kept. AWS's others are passed through at once here. */
export const CONNECTION_STATES = ["AUTHORIZED", "DEAUTHORIZED", "AUTHORIZING"] as const;

const object = z.custom<JsonObject>((value) => isJsonObject(value));

const madeConnection = z.object({
  /** The end of its ARN; another after a deletion. */
  id: z.string(),
  /** The end of the ARN by which AWS names the secret. */
  secretSuffix: z.string(),
  authorizationType: z.enum(AUTHORIZATION_TYPES),
  state: z.enum(CONNECTION_STATES),
  stateReason: z.string().optional(),
  description: z.string().optional(),
  /** `AuthParameters` as the API shows them: without what is secret. */
  authParameters: object,
  kmsKeyIdentifier: z.string().optional(),
  lastAuthorizedAtMs: z.number().optional(),
});

const madeApiDestination = z.object({
  id: z.string(),
  connectionArn: z.string(),
  endpoint: z.string(),
  method: z.string(),
  invocationRateLimitPerSecond: z.number().optional(),
  description: z.string().optional(),
});

/** What the store keeps of a connection. Its secrets are an entity of their own, which is sealed. */
export type MadeConnection = z.output<typeof madeConnection>;

/** What the store keeps of an API destination that was made over the API. */
export type MadeApiDestination = z.output<typeof madeApiDestination>;

/** Reads what the store keeps; undefined when a router of another version wrote it, or something else did. */
export function readMadeConnection(value: string): MadeConnection | undefined {
  return madeConnection.safeParse(parseJson(value)).data;
}

/** The same of an API destination. */
export function readMadeApiDestination(value: string): MadeApiDestination | undefined {
  return madeApiDestination.safeParse(parseJson(value)).data;
}

/** The name of the secret of the connection with this id. A connection made anew has another. */
export function connectionSecretName(id: string): string {
  return `connection/${id}`;
}

export interface ConnectionInForce extends MadeConnection, MadeTimes {
  readonly revision: number;
  /** With its secrets: never show or log it. */
  readonly auth: ConnectionAuth;
}

export interface ApiDestinationInForce extends MadeApiDestination, MadeTimes {}

/**
 * The connection that an API destination uses: by its ARN's name, if that has the ARN's id. One that was deleted and made anew is another.
 */
export function usedConnection<Connection extends Pick<MadeConnection, "id">>(
  identity: Identity,
  { connectionArn }: Pick<MadeApiDestination, "connectionArn">,
  connections: ReadonlyMap<string, Connection>,
): { readonly name: string; readonly connection: Connection } | undefined {
  const used = connectionNameOf(identity, connectionArn);
  if (used === undefined) return undefined;
  const connection = connections.get(used.name);
  return connection?.id === used.id ? { name: used.name, connection } : undefined;
}
