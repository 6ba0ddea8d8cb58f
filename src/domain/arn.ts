import { fitsGlob } from "../text/glob.ts";
import type { NamedTarget, PutTarget, TargetRef } from "./target/target.ts";

/** The account and region this installation answers with. They appear in events and ARNs and mean nothing else. */
export interface Identity {
  readonly accountId: string;
  readonly region: string;
}

export function eventBusArn({ region, accountId }: Identity, bus: string): string {
  return `arn:aws:events:${region}:${accountId}:event-bus/${bus}`;
}

/** The default bus does not appear in the ARNs of its rules. */
export function ruleArn({ region, accountId }: Identity, bus: string, rule: string): string {
  return `arn:aws:events:${region}:${accountId}:rule/${bus === "default" ? "" : `${bus}/`}${rule}`;
}

/** @param qualifier the version or alias that is named, if any. */
export function functionArn({ region, accountId }: Identity, name: string, qualifier?: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
}

export function logGroupArn({ region, accountId }: Identity, group: string): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${group}`;
}

export function logStreamArn(identity: Identity, group: string, stream: string): string {
  return `${logGroupArn(identity, group)}:log-stream:${stream}`;
}

export function mappingArn({ region, accountId }: Identity, uuid: string): string {
  return `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;
}

export function queueArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`;
}

/** As Kinesis has it. */
export function streamArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:kinesis:${region}:${accountId}:stream/${name}`;
}

/** The broker that queues are in, as Amazon MQ would name it. */
export function brokerArn({ region, accountId }: Identity): string {
  return `arn:aws:mq:${region}:${accountId}:broker:busbar:b-00000000-0000-0000-0000-000000000000`;
}

/** A job of a queue. A policy may name all jobs of the queue: `job/NAME/*`. */
export function jobArn({ region, accountId }: Identity, queue: string, id: string): string {
  return `arn:aws:busbar:${region}:${accountId}:job/${queue}/${id}`;
}

export function replayArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:events:${region}:${accountId}:replay/${name}`;
}

/** @param name of the schedule, or `GROUP/NAME`: without a group it is in Scheduler's default one, as those of files are. */
export function scheduleArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule/${name.includes("/") ? name : `default/${name}`}`;
}

export function scheduleGroupArn({ region, accountId }: Identity, group: string): string {
  return `arn:aws:scheduler:${region}:${accountId}:schedule-group/${group}`;
}

export function archiveArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:events:${region}:${accountId}:archive/${name}`;
}

/** A global endpoint of AWS. */
export function endpointArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:events:${region}:${accountId}:endpoint/${name}`;
}

/** A partner event source of AWS. It is a region's, not an account's. */
export function eventSourceArn({ region }: Identity, name: string): string {
  return `arn:aws:events:${region}::event-source/${name}`;
}

/** Policies name a connection without the id that is behind its name elsewhere. */
export function connectionArn({ region, accountId }: Identity, name: string, id?: string): string {
  return `arn:aws:events:${region}:${accountId}:connection/${name}${id === undefined ? "" : `/${id}`}`;
}

/** The name and the id of a connection of this account and region; undefined for the ARN of anything else. */
export function connectionNameOf(
  identity: Identity,
  arn: string,
): { readonly name: string; readonly id: string } | undefined {
  const prefix = connectionArn(identity, "");
  const [name, id, ...rest] = arn.startsWith(prefix) ? arn.slice(prefix.length).split("/") : [];
  return name === undefined || id === undefined || rest.length > 0 ? undefined : { name, id };
}

/** The API has an id behind the name; policies, dead letters and files do without. */
export function apiDestinationArn({ region, accountId }: Identity, name: string, id?: string): string {
  return `arn:aws:events:${region}:${accountId}:api-destination/${name}${id === undefined ? "" : `/${id}`}`;
}

/** The ARN that the API and dead letters know a target by. */
export function targetArn(identity: Identity, target: NamedTarget): string {
  const { kind, name } = target;
  switch (kind) {
    case "function":
      return functionArn(identity, name, target.qualifier);
    case "api-destination":
      return apiDestinationArn(identity, name);
    case "queue":
      return queueArn(identity, name);
    case "stream":
      return streamArn(identity, name);
    case "event-bus":
      return eventBusArn(identity, name);
    case "archive":
      return archiveArn(identity, name);
    case "other":
      return name;
  }
}

/** `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`. */
const ARN = /^arn:[\w-]+:(?<service>[\w-]+):(?<region>[\w-]*):(?<account>\d*):(?<resource>.+)$/s;

/** The service of an ARN; undefined for a text that is none. */
export function serviceOfArn(arn: string): string | undefined {
  return ARN.exec(arn)?.groups?.["service"];
}

/** The forms of the resources that a target may name. AWS gives an API destination an id behind its name, a function may have a qualifier. */
const RESOURCES: readonly (readonly [service: string, kind: TargetRef["kind"], form: RegExp])[] = [
  ["lambda", "function", /^function:([\w-]+)(?::(\$LATEST|[\w-]{1,128}))?$/],
  ["sqs", "queue", /^([\w.-]+)$/],
  ["kinesis", "stream", /^stream\/([\w.-]+)$/],
  ["events", "event-bus", /^event-bus\/([\w./-]+)$/],
  ["events", "api-destination", /^api-destination\/([\w.-]+)(?:\/[\w-]+)?$/],
];

/** What an ARN names: something of this account and region that Busbar may have, or something other. Nobody names an archive. */
export function targetOfArn({ region, accountId }: Identity, arn: string): PutTarget {
  const parts = ARN.exec(arn)?.groups;
  if (parts?.["region"] === region && parts["account"] === accountId) {
    for (const [service, kind, form] of RESOURCES) {
      const [, name, qualifier] = (parts["service"] === service && form.exec(parts["resource"] ?? "")) || [];
      if (name === undefined) continue;
      return kind === "function" && qualifier !== undefined ? { kind, name, qualifier } : { kind, name };
    }
  }
  return { kind: "other", name: arn };
}

/** A bus is named by its name or by its ARN; both are case-sensitive. An ARN of another account or region names no bus here. */
export function busNameOf(identity: Identity, nameOrArn: string): string {
  const prefix = eventBusArn(identity, "");
  return nameOrArn.startsWith(prefix) ? nameOrArn.slice(prefix.length) : nameOrArn;
}

const SECTIONS = 6;

/**
 * Whether an ARN fits a pattern of a policy, as IAM decides: `*` and `?` stand for characters of one of its six sections.
 * The sixth, the resource, is all that follows the fifth colon, and `*` stands for colons in it too. Sections that a pattern
 * lacks at its end fit any ("IAM JSON policy elements: Resource").
 */
export function fitsArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const [wanted, given] = [sectionsOf(pattern), sectionsOf(arn)];
  return wanted.length <= given.length && wanted.every((section, at) => fitsGlob(section, given[at] ?? ""));
}

function sectionsOf(arn: string): readonly string[] {
  const parts = arn.split(":");
  return [...parts.slice(0, SECTIONS - 1), ...(parts.length < SECTIONS ? [] : [parts.slice(SECTIONS - 1).join(":")])];
}
