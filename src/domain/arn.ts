import { fitsGlob } from "../text/glob.ts";
import type { TargetRef } from "./target/target.ts";

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

export function functionArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

export function queueArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`;
}

function apiDestinationArn({ region, accountId }: Identity, name: string): string {
  return `arn:aws:events:${region}:${accountId}:api-destination/${name}`;
}

/** The ARN that the API and dead letters know a target by. */
export function targetArn(identity: Identity, { kind, name }: TargetRef): string {
  switch (kind) {
    case "function":
      return functionArn(identity, name);
    case "api-destination":
      return apiDestinationArn(identity, name);
    case "queue":
      return queueArn(identity, name);
    case "event-bus":
      return eventBusArn(identity, name);
  }
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
