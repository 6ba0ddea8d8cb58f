import type { Identity } from "../../../../../domain/arn.ts";
import { connectionArn } from "../../../../../domain/arn.ts";
import type { ConnectionInForce } from "../../../../../domain/made/connection.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { AwsError } from "../../../errors.ts";
import { page, PAGING } from "../../../input/paging.ts";
import { required, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import type { Reading } from "../event-buses.ts";
import { RULE_NAME } from "../names.ts";
import { epochSeconds } from "../../../epoch-seconds.ts";

const STATE = enumeration(
  "CREATING",
  "UPDATING",
  "DELETING",
  "AUTHORIZED",
  "DEAUTHORIZED",
  "AUTHORIZING",
  "DEAUTHORIZING",
  "ACTIVE",
  "FAILED_CONNECTIVITY",
);

/** DescribeConnection: without its secrets. */
export function describeConnection({ config, identity }: Reading): Operation {
  return operation({
    input: structure("DescribeConnectionRequest", { Name: required(RULE_NAME) }),
    resource: ({ Name }) => connectionArn(identity, Name),
    handle: ({ Name }) => {
      const connection = config().made?.connections.get(Name);
      if (connection === undefined) throw noSuchConnection(Name);
      const { description, stateReason, kmsKeyIdentifier, authParameters } = connection;
      return {
        ...listed(identity, Name, connection),
        SecretArn: secretArn(identity, Name, connection),
        AuthParameters: authParameters,
        ...(description === undefined ? {} : { Description: description }),
        ...(stateReason === undefined ? {} : { StateReason: stateReason }),
        ...(kmsKeyIdentifier === undefined ? {} : { KmsKeyIdentifier: kmsKeyIdentifier }),
      };
    },
  });
}

/** ListConnections: by name, those that begin with `NamePrefix` and are in a state. Those of files have no names, and are not listed. */
export function listConnections({ config, identity }: Reading): Operation {
  return operation({
    input: structure("ListConnectionsRequest", { NamePrefix: RULE_NAME, ConnectionState: STATE, ...PAGING }),
    resource: () => "*",
    handle: (input) => {
      const { NamePrefix, ConnectionState } = input;
      const all = [...(config().made?.connections ?? [])].filter(
        ([name, { state }]) => name.startsWith(NamePrefix ?? "") && (ConnectionState ?? state) === state,
      );
      const listing = ["connections", NamePrefix ?? "", ConnectionState ?? ""];
      const { items, next } = page(input, listing, all, ([name]) => name);
      return { Connections: items.map(([name, one]) => listed(identity, name, one)), ...next };
    },
  });
}

/** What every operation that changes a connection answers of it. */
export function changed(identity: Identity, name: string, connection: ConnectionInForce, state: string): JsonObject {
  const { id, createdAtMs, changedAtMs, lastAuthorizedAtMs } = connection;
  return {
    ConnectionArn: connectionArn(identity, name, id),
    ConnectionState: state,
    CreationTime: epochSeconds(createdAtMs),
    LastModifiedTime: epochSeconds(changedAtMs),
    ...(lastAuthorizedAtMs === undefined ? {} : { LastAuthorizedTime: epochSeconds(lastAuthorizedAtMs) }),
  };
}

export function noSuchConnection(name: string): AwsError {
  const message = `Failed to describe the connection(s). Connection '${name}' does not exist.`;
  return eventsError("ResourceNotFoundException", message);
}

function listed(identity: Identity, name: string, connection: ConnectionInForce): JsonObject {
  const { state, authorizationType, changedAtMs, lastAuthorizedAtMs } = connection;
  return {
    ...changed(identity, name, connection, state),
    Name: name,
    AuthorizationType: authorizationType,
    // AWS has it while it is AUTHORIZING, too.
    LastAuthorizedTime: epochSeconds(lastAuthorizedAtMs ?? changedAtMs),
  };
}

/** By this AWS names the secret that it makes for a connection. There is no such service here. */
function secretArn({ region, accountId }: Identity, name: string, { id, secretSuffix }: ConnectionInForce): string {
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:events!connection/${name}/${id}-${secretSuffix}`;
}
