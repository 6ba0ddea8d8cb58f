import { policyDocument } from "../../../../domain/access/policy-document.ts";
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
import { epochSeconds } from "../../epoch-seconds.ts";

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
    handle: ({ Name }) => describe(reading, eventBusOf(reading, Name)),
  });
}

/** ListEventBuses: by name, those that begin with `NamePrefix`. */
export function listEventBuses(reading: Reading): Operation {
  const { config } = reading;
  return operation({
    input: structure("ListEventBusesRequest", { NamePrefix: BUS_NAME_PREFIX, ...PAGING }),
    resource: () => "*",
    handle: (input) => {
      const prefix = input.NamePrefix ?? "";
      const buses = [...config().eventBuses.values()].filter(({ name }) => name.startsWith(prefix));
      const { items, next } = page(input, ["buses", prefix], buses, ({ name }) => name);
      return { EventBuses: items.map((bus) => describe(reading, bus)), ...next };
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
 * A bus of a file has no time but the one that the file gives: the file's own differs from router to router. Without one it
 * is 0. Times are whole epoch seconds, which every SDK reads.
 */
function describe({ identity, config }: Reading, bus: EventBus): JsonObject {
  const { name, description, creationTimeMs = 0 } = bus;
  const made = config().made?.buses.get(name);
  const policy = made === undefined ? policyOf(identity, bus) : made.policy;
  return {
    Name: name,
    Arn: eventBusArn(identity, name),
    ...(description === undefined ? {} : { Description: description }),
    ...made?.members,
    ...(policy === undefined ? {} : { Policy: policy }),
    CreationTime: epochSeconds(creationTimeMs),
    LastModifiedTime: Math.floor((made?.changedAtMs ?? creationTimeMs) / 1_000),
  };
}

/** The policy of a file's bus. One that was put over the API is shown as it was given. */
function policyOf(identity: Identity, { name, policy }: EventBus): string | undefined {
  return policy === undefined ? undefined : policyDocument(policy, eventBusArn(identity, name));
}
