import { randomUUID } from "node:crypto";
import type { Identity } from "../../../../../domain/arn.ts";
import { apiDestinationArn, connectionNameOf } from "../../../../../domain/arn.ts";
import type { Config } from "../../../../../domain/config.ts";
import type { MadeApiDestination } from "../../../../../domain/made/connection.ts";
import {
  API_DESTINATION_KIND,
  readMadeApiDestination,
  readMadeConnection,
} from "../../../../../domain/made/connection.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import { commonError } from "../../../errors.ts";
import { integer, required, structure } from "../../../input/shapes.ts";
import { enumeration } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import type { Changing } from "../changes/change.ts";
import { makeChange, replace, tooMany } from "../changes/change.ts";
import { eventsError } from "../errors.ts";
import { DESCRIPTION, RULE_NAME } from "../names.ts";
import { connectionKeyOf } from "./connection-changes.ts";
import { ENDPOINT } from "./connection-shapes.ts";
import { CONNECTION_ARN, DESTINATION_RATE_MAX, destinationSummary, noSuchDestination } from "./api-destinations.ts";
import { noSuchConnection } from "./connections.ts";

/** As many as AWS has in an account. */
const API_DESTINATIONS_MAX = 3_000;

/** In the model's order, in which errors are listed. */
const MEMBERS = {
  ConnectionArn: CONNECTION_ARN,
  InvocationEndpoint: ENDPOINT,
  HttpMethod: enumeration("HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"),
  InvocationRateLimitPerSecond: integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
};

/** CreateApiDestination. */
export function createApiDestination(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("CreateApiDestinationRequest", {
      Name: required(RULE_NAME),
      Description: DESCRIPTION,
      ConnectionArn: required(MEMBERS.ConnectionArn),
      InvocationEndpoint: required(MEMBERS.InvocationEndpoint),
      HttpMethod: required(MEMBERS.HttpMethod),
      InvocationRateLimitPerSecond: MEMBERS.InvocationRateLimitPerSecond,
    }),
    resource: ({ Name }) => apiDestinationArn(identity, Name),
    handle: async (input) => {
      const { Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond } = input;
      const made: MadeApiDestination = checked(changing, {
        id: randomUUID(),
        connectionArn: ConnectionArn,
        endpoint: InvocationEndpoint,
        method: HttpMethod,
        ...(typeof Description === "string" ? { description: Description } : {}),
        ...rateOf(InvocationRateLimitPerSecond),
      });
      const key = keyOf(Name);
      await makeChange(
        "CreateApiDestination",
        changing,
        [key, connectionKeyOfArn(identity, ConnectionArn)],
        ([found, connection]) => {
          const { apiDestinations, made: all } = config();
          const isInFiles = apiDestinations.has(Name) && all?.apiDestinations.has(Name) !== true;
          if (found !== undefined || isInFiles)
            throw eventsError("ResourceAlreadyExistsException", `An api-destination '${Name}' already exists.`);
          requireConnection(identity, ConnectionArn, connection);
          if ((all?.apiDestinations.size ?? 0) >= API_DESTINATIONS_MAX) throw tooMany();
          return replace(key, found, made);
        },
      );
      return changed(changing, Name);
    },
  });
}

/** UpdateApiDestination: what is left out stays. */
export function updateApiDestination(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("UpdateApiDestinationRequest", {
      Name: required(RULE_NAME),
      Description: DESCRIPTION,
      ...MEMBERS,
    }),
    resource: ({ Name }) => apiDestinationArn(identity, Name),
    handle: async (input) => {
      const { Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond } = input;
      requireNoFile(config(), Name, "UpdateApiDestination");
      const key = keyOf(Name);
      const keys = [key, ...(typeof ConnectionArn === "string" ? [connectionKeyOfArn(identity, ConnectionArn)] : [])];
      await makeChange("UpdateApiDestination", changing, keys, ([found, connection]) => {
        const before = foundDestination(Name, found);
        if (typeof ConnectionArn === "string") requireConnection(identity, ConnectionArn, connection);
        const after = checked(changing, {
          ...before,
          connectionArn: ConnectionArn ?? before.connectionArn,
          endpoint: InvocationEndpoint ?? before.endpoint,
          method: HttpMethod ?? before.method,
          ...(typeof Description === "string" ? { description: Description } : {}),
          ...rateOf(InvocationRateLimitPerSecond),
        });
        return replace(key, found, after);
      });
      return changed(changing, Name);
    },
  });
}

/** DeleteApiDestination. Targets that name it stay; each delivery to them becomes a dead letter. */
export function deleteApiDestination(changing: Changing): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("DeleteApiDestinationRequest", { Name: required(RULE_NAME) }),
    resource: ({ Name }) => apiDestinationArn(identity, Name),
    handle: async ({ Name }) => {
      requireNoFile(config(), Name, "DeleteApiDestination");
      const key = keyOf(Name);
      await makeChange("DeleteApiDestination", changing, [key], ([found]) => {
        foundDestination(Name, found);
        return [{ change: "delete", ...key, expect: found?.revision ?? "present" }];
      });
      return {};
    },
  });
}

function changed(changing: Changing, name: string): JsonObject {
  const destination = changing.config().made?.apiDestinations.get(name);
  if (destination === undefined)
    throw eventsError("ConcurrentModificationException", "Somebody else deleted it at the same time.");
  return destinationSummary(changing, name, destination);
}

function rateOf(rate: number | null | undefined): Pick<MadeApiDestination, "invocationRateLimitPerSecond"> {
  return typeof rate === "number" ? { invocationRateLimitPerSecond: rate } : {};
}

/** @throws AwsError where it could not be called, or more often than any may be */
function checked({ checks }: Changing, made: MadeApiDestination): MadeApiDestination {
  if ((made.invocationRateLimitPerSecond ?? 0) > DESTINATION_RATE_MAX) throw tooMany();
  const problem = checks.apiDestinationProblem(made);
  if (problem !== undefined) throw commonError("ValidationException", `The API destination is not valid: ${problem}.`);
  return made;
}

function requireConnection(identity: Identity, arn: string, found: Entity | undefined): void {
  const used = connectionNameOf(identity, arn);
  const id = found === undefined ? undefined : readMadeConnection(found.value)?.id;
  if (used === undefined || id !== used.id) throw noSuchConnection(used?.name ?? arn);
}

/** An API destination of a file is changed there. @throws AwsError `OperationDisabledException` */
function requireNoFile({ apiDestinations, made }: Config, name: string, operation: string): void {
  if (!apiDestinations.has(name) || made?.apiDestinations.has(name) === true) return;
  const message = `${operation} is disabled for API destination ${name}: a configuration file has it, change it there.`;
  throw eventsError("OperationDisabledException", message);
}

function foundDestination(name: string, found: Entity | undefined): MadeApiDestination {
  if (found === undefined) throw noSuchDestination(name);
  const made = readMadeApiDestination(found.value);
  if (made === undefined) throw new Error(`the store's API destination "${name}" cannot be read`);
  return made;
}

function keyOf(name: string): EntityKey {
  return { kind: API_DESTINATION_KIND, name };
}

/** An ARN of another account names no connection here; nothing is found by it. */
function connectionKeyOfArn(identity: Identity, arn: string): EntityKey {
  return connectionKeyOf(connectionNameOf(identity, arn)?.name ?? arn);
}
