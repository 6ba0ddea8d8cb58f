import type { Config } from "../../../../../domain/config.ts";
import type { MadeRule } from "../../../../../domain/made/made.ts";
import { BUS_KIND, BUS_USE_KIND, readMadeRule, RULE_KIND } from "../../../../../domain/made/made.ts";
import { ruleKey } from "../../../../../domain/rule/rule.ts";
import type { DecideChanges, MadeChanges } from "../../../../../ports/made.ts";
import type { MadeChecks } from "../../../../../ports/made-checks.ts";
import type { Change, Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import type { Sealing } from "../../../../../ports/store/sealing.ts";
import type { AwsError } from "../../../errors.ts";
import { shown } from "../../../input/shapes.ts";
import { changeOrRefuse } from "../../change-refusal.ts";
import { eventsError } from "../errors.ts";
import type { Reading } from "../event-buses.ts";

/** What the changing operations work on. */
export interface Changing extends Reading {
  readonly changes: MadeChanges;
  readonly checks: MadeChecks;
  readonly sealing: Pick<Sealing, "seal" | "open">;
  /** Tries whether a connection with OAuth gets a token, and keeps its state then. */
  readonly authorizeConnection: (name: string) => void;
}

const ERRORS = {
  disabled: (message: string) => eventsError("OperationDisabledException", message),
  conflict: (message: string) => eventsError("ConcurrentModificationException", message),
};

/** Makes a change, and resolves when it is in force here. @throws AwsError */
export function makeChange(
  operation: string,
  { changes }: Changing,
  keys: readonly EntityKey[],
  decide: DecideChanges,
): Promise<void> {
  return changeOrRefuse(operation, changes, keys, decide, ERRORS);
}

export function busKeyOf(bus: string): EntityKey {
  return { kind: BUS_KIND, name: bus };
}

export function busUseKeyOf(bus: string): EntityKey {
  return { kind: BUS_USE_KIND, name: bus };
}

export function ruleKeyOf(bus: string, rule: string): EntityKey {
  return { kind: RULE_KIND, name: ruleKey(bus, rule) };
}

/** The change of an entity that was found so; none where it stays what it is. */
export function replace(key: EntityKey, found: Entity | undefined, value: object): readonly Change[] {
  const text = JSON.stringify(value);
  if (found?.value === text) return [];
  return [{ change: "put", ...key, value: text, expect: found?.revision ?? "absent" }];
}

/** A rule or an archive that comes to a bus made over the API: the bus must be there, and is not deleted meanwhile. */
export function useOf(bus: string): readonly Change[] {
  return [
    { change: "require", ...busKeyOf(bus), expect: "present" },
    { change: "put", ...busUseKeyOf(bus), value: "" },
  ];
}

/** Whether a bus is there, be it in a file or in the store. @throws AwsError `ResourceNotFoundException` */
export function requireBus(config: Config, bus: string, found: Entity | undefined): void {
  const isInFiles = config.eventBuses.has(bus) && config.made?.buses.has(bus) !== true;
  if (!isInFiles && found === undefined) throw noSuchBus(bus);
}

export function noSuchBus(nameOrArn: string): AwsError {
  return eventsError("ResourceNotFoundException", `Event bus ${shown(nameOrArn)} does not exist.`);
}

export function noSuchRule(bus: string, rule: string): AwsError {
  return eventsError("ResourceNotFoundException", `Rule ${rule} does not exist on EventBus ${shown(bus)}.`);
}

/** A rule of a file is changed there, and that of an archive with the archive. @throws AwsError `ManagedRuleException` */
export function requireOwnRule({ places, rules }: Config, bus: string, rule: string): void {
  if (rules.get(ruleKey(bus, rule))?.managedBy !== undefined) {
    const message = `${rule} is a managed rule. Set 'force' parameter to true to override.`;
    throw eventsError("ManagedRuleException", message);
  }
  const place = places?.rules.get(ruleKey(bus, rule));
  if (place === undefined) return;
  const message = `Rule ${rule} is managed by a configuration file (${place}): change it there.`;
  throw eventsError("ManagedRuleException", message);
}

/** A bus of a file is changed there. @throws AwsError `OperationDisabledException` */
export function requireNoFileBus({ places }: Config, bus: string, operation: string): void {
  const place = places?.buses.get(bus);
  if (place === undefined) return;
  const message = `${operation} is disabled for event bus ${bus}: a configuration file has it (${place}), change it there.`;
  throw eventsError("OperationDisabledException", message);
}

/** The rule of an entity that was found. @throws AwsError `ResourceNotFoundException` */
export function foundRule(bus: string, rule: string, found: Entity | undefined): MadeRule {
  if (found === undefined) throw noSuchRule(bus, rule);
  const made = readMadeRule(found.value);
  if (made === undefined) throw new Error(`the store's rule "${bus}/${rule}" cannot be read`);
  return made;
}

/** More than there may be of something. */
export function tooMany(): AwsError {
  const message = "The requested resource exceeds the maximum number allowed.";
  return eventsError("LimitExceededException", message);
}
