import type { Identity } from "../../../../../domain/arn.ts";
import { mappingArn } from "../../../../../domain/arn.ts";
import type { Config } from "../../../../../domain/config.ts";
import type { MadeMapping } from "../../../../../domain/made/mapping.ts";
import { MAPPING_KIND, MAPPING_PAIR_KIND, readMadeMapping } from "../../../../../domain/made/mapping.ts";
import type { Mapping } from "../../../../../domain/mapping/mapping.ts";
import { mappingUuidOf } from "../../../../../domain/mapping/mapping-uuid.ts";
import type { MappingStatuses } from "../../../../../ports/admin/mappings.ts";
import type { MadeChecks } from "../../../../../ports/made-checks.ts";
import type { DecideChanges, MadeChanges } from "../../../../../ports/made.ts";
import type { Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import { string } from "../../../input/shapes.ts";
import type { AwsError } from "../../../errors.ts";
import { changeOrRefuse } from "../../change-refusal.ts";
import { lambdaError, noSuchResource, wrongParameter } from "../errors.ts";
import type { NamedFunction } from "../function-name.ts";
import type { EventSource } from "./mapping-source.ts";

/** What the operations on event source mappings work on. */
export interface MappingApi {
  readonly config: () => Config;
  readonly identity: Identity;
  readonly changes: MadeChanges;
  readonly checks: Pick<MadeChecks, "mappingProblem">;
  /** How mappings are at this router. */
  readonly mappings: MappingStatuses;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

/** The member that names a mapping. */
export const UUID = string({ lengthMax: 256 });

/** The ARN of the mapping that an input names, whether it is there or not. */
export function mappingResource({ identity }: MappingApi, { UUID: uuid }: { readonly UUID: string }): string {
  return mappingArn(identity, uuid);
}

const UUID_FORM = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The key of a mapping in the store. @throws AwsError for what is no UUID, which the store need not be able to keep */
export function mappingKeyOf(uuid: string): EntityKey {
  if (!UUID_FORM.test(uuid)) throw noSuchResource();
  return { kind: MAPPING_KIND, name: uuid };
}

/** Of a source and a function there is one mapping: the key of what says which. */
export function pairKeyOf({ name, qualifier = "" }: NamedFunction, source: EventSource): EntityKey {
  return { kind: MAPPING_PAIR_KIND, name: `${name}:${qualifier} ${source.kind} ${source.name}` };
}

/** Makes a change of what the store has of mappings, and resolves when it is in force here. @throws AwsError */
export function changeMappings(
  operation: string,
  { changes }: Pick<MappingApi, "changes">,
  keys: readonly EntityKey[],
  decide: DecideChanges,
): Promise<void> {
  const conflict = (message: string) => lambdaError("ResourceConflictException", message);
  return changeOrRefuse(operation, changes, keys, decide, { disabled: wrongParameter, conflict });
}

/** The mapping of a file with this UUID. */
export function fileMapping({ mappings, made }: Config, uuid: string): Mapping | undefined {
  for (const mapping of mappings.values()) {
    if (made?.mappings.has(mapping.name) !== true && mappingUuidOf(mapping.name) === uuid) return mapping;
  }
  return undefined;
}

/** A mapping of a file is changed there. @throws AwsError */
export function requireNoFileMapping(operation: string, { config, changes }: MappingApi, uuid: string): void {
  const ofFile = fileMapping(config(), uuid);
  if (ofFile === undefined) {
    if (!changes.isKept) throw noSuchResource();
    return;
  }
  const place = config().places?.mappings.get(ofFile.name) ?? "its file";
  throw wrongParameter(
    `${operation} is not supported for event source mapping ${ofFile.name}: a configuration file has it (${place}), change it there.`,
  );
}

/** The mapping of an entity that was found. @throws AwsError also where this router cannot read it */
export function foundMapping(found: Entity | undefined): MadeMapping {
  if (found === undefined) throw noSuchResource();
  const made = readMadeMapping(found.value);
  if (made === undefined) throw unreadableMapping(found.name);
  return made;
}

/** A mapping that a router of another version made: it is not changed, since what is not understood would be lost. */
export function unreadableMapping(uuid: string): AwsError {
  return wrongParameter(
    `Event source mapping ${uuid} cannot be read by this router: one of another version has made or changed it. Ask a router of that version, or delete the mapping.`,
  );
}
