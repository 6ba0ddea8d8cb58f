import type { Identity } from "../../../../domain/arn.ts";
import { busNameOf, eventBusArn } from "../../../../domain/arn.ts";
import type { Config, EventBus } from "../../../../domain/config.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { AwsError } from "../../../http/errors.ts";
import type { Operation } from "../../protocol/handler.ts";
import { optionalString, shown } from "../../protocol/input.ts";
import { page } from "../../protocol/paging.ts";

/** What the reading operations read. The configuration is asked for on each call, since a reload replaces it. */
export interface Reading {
  readonly config: () => Config;
  readonly identity: Identity;
}

/** DescribeEventBus: by name or ARN, the default bus when there is neither. */
export function describeEventBus(reading: Reading): Operation {
  return (input) => describe(reading.identity, eventBusOf(reading, input, "Name"));
}

/** ListEventBuses: by name, those that begin with `NamePrefix`. */
export function listEventBuses(reading: Reading): Operation {
  return (input) => {
    const prefix = optionalString(input, "NamePrefix") ?? "";
    const buses = [...reading.config().eventBuses.values()].filter(({ name }) => name.startsWith(prefix));
    const { items, next } = page(input, ["buses", prefix], buses, ({ name }) => name);
    return { EventBuses: items.map((bus) => describe(reading.identity, bus)), ...next };
  };
}

/** The bus that a member names, or `default`. */
export function eventBusOf({ config, identity }: Reading, input: JsonObject, member: string): EventBus {
  const nameOrArn = optionalString(input, member) ?? "default";
  const bus = config().eventBuses.get(busNameOf(identity, nameOrArn));
  if (bus !== undefined) return bus;
  throw new AwsError("ResourceNotFoundException", `Event bus ${shown(nameOrArn)} does not exist.`);
}

/**
 * A bus has no time but what its configuration says: that of a file differs from router to router. Without one it is 0.
 * The API changes no bus. Times are whole epoch seconds, which every SDK reads.
 */
function describe(identity: Identity, { name, description, creationTimeMs = 0 }: EventBus): JsonObject {
  const epochSeconds = Math.floor(creationTimeMs / 1_000);
  return {
    Name: name,
    Arn: eventBusArn(identity, name),
    ...(description === undefined ? {} : { Description: description }),
    CreationTime: epochSeconds,
    LastModifiedTime: epochSeconds,
  };
}
