import { z } from "zod";
import type { Json } from "../../json/json.ts";
import { parseJson } from "../../json/json.ts";
import type { ApiDestinationInForce, ConnectionInForce } from "./connection.ts";
import type { MadeTimes } from "./made-times.ts";
import type { MadeAlias } from "./function-alias.ts";
import type { MadeMappingInForce } from "./mapping.ts";
import type { MadeQueueInForce } from "./queue.ts";

/** The kinds of the store's entities that buses, rules and archives made over the API are kept as. */
export const BUS_KIND = "event-bus";
export const RULE_KIND = "rule";
export const ARCHIVE_KIND = "archive";
/** Changed with each rule that comes to a bus made over the API: a bus is not deleted while it gets one. */
export const BUS_USE_KIND = "event-bus-use";

/** As many as AWS gives a resource. */
export const TAGS_MAX = 50;

export const madeTag = z.object({ Key: z.string(), Value: z.string() });
/** Anything that was parsed. */
const json = z.custom<Json>();
const members = z.record(z.string(), json);

const madeBus = z.object({
  description: z.string().optional(),
  /** Members that AWS keeps for a bus, as they were given: nothing here acts on them. */
  members: members.default({}),
  tags: z.array(madeTag).default([]),
  /** The bus policy as its document, JSON text. */
  policy: z.string().optional(),
});

const madeTarget = z.object({ Id: z.string(), Arn: z.string() }).catchall(json);

const madeRule = z.object({
  /** As it was given, byte for byte. */
  eventPattern: z.string().optional(),
  scheduleExpression: z.string().optional(),
  state: z.string(),
  description: z.string().optional(),
  roleArn: z.string().optional(),
  /** By `Id`, each with the members that it was given. */
  targets: z.array(madeTarget),
  tags: z.array(madeTag).default([]),
});

const madeArchive = z.object({
  bus: z.string(),
  description: z.string().optional(),
  /** As it was given, byte for byte. */
  eventPattern: z.string().optional(),
  /** Absent for ever. */
  retentionDays: z.number().optional(),
  kmsKeyIdentifier: z.string().optional(),
});

/** A tag, as the API has it. */
export type Tag = z.output<typeof madeTag>;

/** What the store keeps of a bus that was made or changed over the API. */
export type MadeBus = z.output<typeof madeBus>;

/** A target as it was put, with AWS's members. */
export type MadeTarget = z.output<typeof madeTarget>;

/** What the store keeps of a rule that was put over the API. */
export type MadeRule = z.output<typeof madeRule>;

/** What the store keeps of an archive that was made over the API. */
export type MadeArchive = z.output<typeof madeArchive>;

/** Reads what the store keeps of a bus; undefined when a router of another version wrote it, or something else did. */
export function readMadeBus(value: string): MadeBus | undefined {
  return madeBus.safeParse(parseJson(value)).data;
}

/** The same of a rule. */
export function readMadeRule(value: string): MadeRule | undefined {
  return madeRule.safeParse(parseJson(value)).data;
}

/** The same of an archive. */
export function readMadeArchive(value: string): MadeArchive | undefined {
  return madeArchive.safeParse(parseJson(value)).data;
}

export interface MadeBusInForce extends MadeBus, MadeTimes {}

export interface MadeRuleInForce extends MadeRule, MadeTimes {}

/** What was made over the API and is in force. What a file has by the same name is in force in its place. */
export interface Made {
  readonly buses: ReadonlyMap<string, MadeBusInForce>;
  /** By `bus/name`. */
  readonly rules: ReadonlyMap<string, MadeRuleInForce>;
  readonly archives: ReadonlyMap<string, MadeArchive>;
  readonly queues: ReadonlyMap<string, MadeQueueInForce>;
  /** By UUID. */
  readonly mappings: ReadonlyMap<string, MadeMappingInForce>;
  /** By `FUNCTION/ALIAS`, shifts of files' aliases among them. */
  readonly aliases: ReadonlyMap<string, MadeAlias>;
  readonly connections: ReadonlyMap<string, ConnectionInForce>;
  readonly apiDestinations: ReadonlyMap<string, ApiDestinationInForce>;
  /** What is not in force, as `rule bus/name`, `archive name`, `queue name`, `event source mapping UUID`, `alias FUNCTION/ALIAS`, `API destination name`, `connection name` or `event bus name`, and why. */
  readonly leftOut: ReadonlyMap<string, string>;
}
