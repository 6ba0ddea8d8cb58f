import { Router } from "express";
import type { ConnectionListAnswer } from "../../../admin-api/configuration/connections.ts";
import { CONNECTION_USERS_MAX } from "../../../admin-api/configuration/connections.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import type { Identity } from "../../../domain/arn.ts";
import type { Config } from "../../../domain/config.ts";
import type { ConnectionInForce } from "../../../domain/made/connection.ts";
import { usedConnection } from "../../../domain/made/connection.ts";
import type { Made } from "../../../domain/made/made.ts";
import type { May } from "../request.ts";
import { serveOn } from "../serve.ts";
import { pageByName } from "./name-pages.ts";

export interface ConnectionsRouterOptions {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly may: May;
}

/** The connections that were made over the API, in the order of their names, a page at a time. */
export function connectionsRouter({ config, identity, may }: ConnectionsRouterOptions): Router {
  const router = Router();
  serveOn(router, may)(OPERATIONS.listConnections, ({ query }) => {
    const { connection: wanted, unusable, limit, after } = query;
    const { made } = config();
    const all = [...(made?.connections ?? [])].map(([name, connection]) => ({ name, connection }));
    const isAsked = ({ auth }: ConnectionInForce) => (unusable ?? `${isUnusable(auth)}`) === `${isUnusable(auth)}`;
    const asked = all.filter(({ connection }) => isAsked(connection));
    const { shown, next } = pageByName(asked, { wanted, limit, after });
    const users = made === undefined ? new Map<string, readonly string[]>() : usersOf(made, identity);
    const connections = shown.map(({ name, connection }) => described(name, connection, users.get(name) ?? []));
    return { connections, ...next };
  });
  return router;
}

function isUnusable({ kind }: ConnectionInForce["auth"]): boolean {
  return kind === "unusable";
}

/** The API destinations of each connection, by name. */
function usersOf({ connections, apiDestinations }: Made, identity: Identity): ReadonlyMap<string, readonly string[]> {
  const used = [...apiDestinations].map(([name, destination]) => ({
    name,
    by: usedConnection(identity, destination, connections)?.name ?? "",
  }));
  return new Map(
    [...Map.groupBy(used, ({ by }) => by)].map(([by, ofOne]) => [by, ofOne.map(({ name }) => name).sort()]),
  );
}

/** What may be shown of a connection is listed here: the rest has parameters and secrets. */
function described(
  name: string,
  connection: ConnectionInForce,
  apiDestinations: readonly string[],
): ConnectionListAnswer["connections"][number] {
  const { description, authorizationType, state, stateReason, auth } = connection;
  const { createdAtMs, changedAtMs, lastAuthorizedAtMs } = connection;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    authorizationType,
    state,
    ...(stateReason === undefined ? {} : { stateReason }),
    ...(auth.kind === "unusable" ? { unusable: auth.reason } : {}),
    createdAtMs,
    changedAtMs,
    ...(lastAuthorizedAtMs === undefined ? {} : { lastAuthorizedAtMs }),
    apiDestinations: apiDestinations.slice(0, CONNECTION_USERS_MAX),
    apiDestinationCount: apiDestinations.length,
  };
}
