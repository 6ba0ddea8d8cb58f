import { apiDestinationArn } from "../../../../../domain/arn.ts";
import type { ApiDestinationInForce } from "../../../../../domain/made/connection.ts";
import { usedConnection } from "../../../../../domain/made/connection.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { AwsError } from "../../../errors.ts";
import { page, PAGING } from "../../../input/paging.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import type { Reading } from "../event-buses.ts";
import { RULE_NAME } from "../names.ts";
import { epochSeconds } from "../../../epoch-seconds.ts";

/** Calls a second: AWS's default, and the most that there may be here. */
export const DESTINATION_RATE_MAX = 300;

export const CONNECTION_ARN = string({
  pattern:
    "^arn:aws([a-z]|\\-)*:events:([a-z]|\\d|\\-)*:([0-9]{12})?:connection\\/[\\.\\-_A-Za-z0-9]+\\/[\\-A-Za-z0-9]+$",
  lengthMin: 1,
  lengthMax: 1_600,
});

/** DescribeApiDestination: one that was made over the API. URLs of files may hold secrets, and are not shown. */
export function describeApiDestination(reading: Reading): Operation {
  const { config, identity } = reading;
  return operation({
    input: structure("DescribeApiDestinationRequest", { Name: required(RULE_NAME) }),
    resource: ({ Name }) => apiDestinationArn(identity, Name),
    handle: ({ Name }) => {
      const destination = config().made?.apiDestinations.get(Name);
      if (destination === undefined) throw noSuchDestination(Name);
      const { description } = destination;
      return {
        ...listed(reading, Name, destination),
        ...(description === undefined ? {} : { Description: description }),
      };
    },
  });
}

/** ListApiDestinations: by name, those that begin with `NamePrefix` and use a connection. */
export function listApiDestinations(reading: Reading): Operation {
  return operation({
    input: structure("ListApiDestinationsRequest", { NamePrefix: RULE_NAME, ConnectionArn: CONNECTION_ARN, ...PAGING }),
    resource: () => "*",
    handle: (input) => {
      const { NamePrefix, ConnectionArn } = input;
      const all = [...(reading.config().made?.apiDestinations ?? [])].filter(
        ([name, { connectionArn }]) =>
          name.startsWith(NamePrefix ?? "") && (ConnectionArn ?? connectionArn) === connectionArn,
      );
      const { items, next } = page(
        input,
        ["destinations", NamePrefix ?? "", ConnectionArn ?? ""],
        all,
        ([name]) => name,
      );
      return { ApiDestinations: items.map(([name, one]) => listed(reading, name, one)), ...next };
    },
  });
}

/** What every operation answers of an API destination. */
export function destinationSummary(
  { config, identity }: Reading,
  name: string,
  destination: ApiDestinationInForce,
): JsonObject {
  const { id, createdAtMs, changedAtMs } = destination;
  const { made } = config();
  const used = made && usedConnection(identity, destination, made.connections);
  return {
    ApiDestinationArn: apiDestinationArn(identity, name, id),
    ApiDestinationState: used?.connection.state === "AUTHORIZED" ? "ACTIVE" : "INACTIVE",
    CreationTime: epochSeconds(createdAtMs),
    LastModifiedTime: epochSeconds(changedAtMs),
  };
}

function listed(reading: Reading, name: string, destination: ApiDestinationInForce): JsonObject {
  const { connectionArn, endpoint, method, invocationRateLimitPerSecond = DESTINATION_RATE_MAX } = destination;
  return {
    ...destinationSummary(reading, name, destination),
    Name: name,
    ConnectionArn: connectionArn,
    InvocationEndpoint: endpoint,
    HttpMethod: method,
    InvocationRateLimitPerSecond: invocationRateLimitPerSecond,
  };
}

export function noSuchDestination(name: string): AwsError {
  const message = `Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`;
  return eventsError("ResourceNotFoundException", message);
}
