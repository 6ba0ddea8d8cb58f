import type { Identity } from "../../../../domain/arn.ts";
import { busNameOf, eventBusArn } from "../../../../domain/arn.ts";
import type { Config, EventBus } from "../../../../domain/config.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { page, PAGING } from "../../input/paging.ts";
import { shown, structure } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { eventsError } from "./errors.ts";
import { BUS_NAME_OR_ARN, BUS_NAME_PREFIX } from "./names.ts";

/** What the reading operations read. A reload replaces the configuration, so each call fetches it. */
export interface Reading {
  readonly config: () => Config;
  readonly identity: Identity;
}

/** DescribeEventBus: by name or ARN, the default bus when there is neither. */
export function describeEventBus(reading: Reading): Operation {
  return operation({
    input: structure("DescribeEventBusRequest", { Name: BUS_NAME_OR_ARN }),
    resource: ({ Name }) => busArnOf(reading.identity, Name),
    handle: ({ Name }) => describe(reading.identity, eventBusOf(reading, Name)),
  });
}

/** ListEventBuses: by name, those that begin with `NamePrefix`. */
export function listEventBuses({ config, identity }: Reading): Operation {
  return operation({
    input: structure("ListEventBusesRequest", { NamePrefix: BUS_NAME_PREFIX, ...PAGING }),
    resource: () => "*",
    handle: (input) => {
      const prefix = input.NamePrefix ?? "";
      const buses = [...config().eventBuses.values()].filter(({ name }) => name.startsWith(prefix));
      const { items, next } = page(input, ["buses", prefix], buses, ({ name }) => name);
      return { EventBuses: items.map((bus) => describe(identity, bus)), ...next };
    },
  });
}

/** An optional member of an input that names a bus, by its name or ARN. */
export type BusMember = string | null | undefined;

/** The name of the bus that a member names, or `default`. The bus may not exist. */
export function busNamedBy(identity: Identity, nameOrArn: BusMember): string {
  return busNameOf(identity, nameOrArn ?? "default");
}

/** The ARN of the bus that a member names. */
export function busArnOf(identity: Identity, nameOrArn: BusMember): string {
  return eventBusArn(identity, busNamedBy(identity, nameOrArn));
}

/**
 * The bus that a member names, or `default`.
 *
 * @throws AwsError `ResourceNotFoundException`
 */
export function eventBusOf({ config, identity }: Reading, nameOrArn: BusMember): EventBus {
  const bus = config().eventBuses.get(busNamedBy(identity, nameOrArn));
  if (bus !== undefined) return bus;
  throw eventsError("ResourceNotFoundException", `Event bus ${shown(nameOrArn ?? "default")} does not exist.`);
}

/**
 * A bus has no time but the one its configuration gives: a file's differs from router to router. Without one it is 0.
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
