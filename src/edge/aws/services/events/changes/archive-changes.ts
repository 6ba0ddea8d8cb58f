import { archiveArn } from "../../../../../domain/arn.ts";
import { managedRuleName } from "../../../../../domain/archive/archive.ts";
import type { Config } from "../../../../../domain/config.ts";
import { isUnfinished } from "../../../../../domain/job/job.ts";
import type { MadeArchive } from "../../../../../domain/made/made.ts";
import { ARCHIVE_KIND, readMadeArchive } from "../../../../../domain/made/made.ts";
import { isReplay } from "../../../../../domain/replay/replay-state.ts";
import { ruleKey } from "../../../../../domain/rule/rule.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { JobControl } from "../../../../../ports/admin/jobs.ts";
import type { Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import { commonError } from "../../../errors.ts";
import { integer, required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import type { ArchiveOptions } from "../archives.ts";
import { ARCHIVE_NAME, ENABLED, noSuchArchive } from "../archives.ts";
import { eventsError } from "../errors.ts";
import { busNamedBy } from "../event-buses.ts";
import { DESCRIPTION, TARGET_ARN } from "../names.ts";
import type { Changing } from "./change.ts";
import { busKeyOf, makeChange, replace, requireBus, tooMany, useOf } from "./change.ts";
import { checkedPattern } from "./rule-changes.ts";
import { epochSeconds } from "../../../epoch-seconds.ts";

/** Made over the API, in all. */
const ARCHIVES_MAX = 1_000;
/** A hundred years. */
const RETENTION_DAYS_MAX = 36_500;

const MEMBERS = {
  Description: DESCRIPTION,
  EventPattern: string({ lengthMax: 4_096 }),
  RetentionDays: integer({ min: 0, max: RETENTION_DAYS_MAX }),
  KmsKeyIdentifier: string({ lengthMax: 2_048 }),
};

interface Given {
  readonly Description?: string | null;
  readonly EventPattern?: string | null;
  readonly RetentionDays?: number | null;
  readonly KmsKeyIdentifier?: string | null;
}

/** What the operations that change archives work on. */
export type ArchiveChanging = Changing & ArchiveOptions & { readonly jobs: Pick<JobControl, "list"> };

/** CreateArchive. */
export function createArchive(changing: ArchiveChanging): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("CreateArchiveRequest", {
      ArchiveName: required(ARCHIVE_NAME),
      EventSourceArn: required(TARGET_ARN),
      ...MEMBERS,
    }),
    resource: ({ ArchiveName }) => archiveArn(identity, ArchiveName),
    handle: async (input) => {
      const { ArchiveName: name } = input;
      const bus = busNamedBy(identity, input.EventSourceArn);
      const archive = { bus, ...membersOf(input) };
      const [key, busKey] = [archiveKeyOf(name), busKeyOf(bus)];
      await makeChange("CreateArchive", changing, [key, busKey], ([found, foundBus]) => {
        const { archives, rules, made } = config();
        const isInFiles = archives.has(name) && made?.archives.has(name) !== true;
        if (found !== undefined || isInFiles) throw alreadyThere(`Archive ${name}`);
        requireBus(config(), bus, foundBus);
        if (rules.has(ruleKey(bus, managedRuleName(name)))) throw alreadyThere(`Rule ${managedRuleName(name)}`);
        if ((made?.archives.size ?? 0) >= ARCHIVES_MAX) throw tooMany();
        const changes = replace(key, found, archive);
        return foundBus === undefined ? changes : [...changes, ...useOf(bus)];
      });
      return described(name, changing);
    },
  });
}

/** UpdateArchive: what is left out stays. */
export function updateArchive(changing: ArchiveChanging): Operation {
  const { config, identity } = changing;
  return operation({
    input: structure("UpdateArchiveRequest", { ArchiveName: required(ARCHIVE_NAME), ...MEMBERS }),
    resource: ({ ArchiveName }) => archiveArn(identity, ArchiveName),
    handle: async (input) => {
      const { ArchiveName: name, Description, EventPattern, RetentionDays } = input;
      if ((Description ?? EventPattern ?? RetentionDays ?? undefined) === undefined) {
        const message = "At least one of EventPattern, RetentionDays or Description must be provided.";
        throw commonError("ValidationException", message);
      }
      const changed = membersOf(input);
      const key = archiveKeyOf(name);
      await makeChange("UpdateArchive", changing, [key], ([found]) => {
        requireNoFileArchive(config(), name, "UpdateArchive");
        const { retentionDays, ...before } = foundArchive(name, found);
        const kept = retentionDays === undefined || typeof RetentionDays === "number" ? {} : { retentionDays };
        return replace(key, found, { ...before, ...kept, ...changed });
      });
      return described(name, changing);
    },
  });
}

/** DeleteArchive: with all that it keeps, unless a replay still needs that. */
export function deleteArchive(changing: ArchiveChanging): Operation {
  const { config, identity, archives, jobs } = changing;
  return operation({
    input: structure("DeleteArchiveRequest", { ArchiveName: required(ARCHIVE_NAME) }),
    resource: ({ ArchiveName }) => archiveArn(identity, ArchiveName),
    handle: async ({ ArchiveName: name }) => {
      const key = archiveKeyOf(name);
      await makeChange("DeleteArchive", changing, [key], ([found]) => {
        requireNoFileArchive(config(), name, "DeleteArchive");
        const { revision } = foundArchiveEntity(name, found);
        requireNoReplay(jobs, name);
        return [{ change: "delete", ...key, expect: revision }];
      });
      await archives.remove(name);
      return {};
    },
  });
}

function archiveKeyOf(name: string): EntityKey {
  return { kind: ARCHIVE_KIND, name };
}

/** @throws AwsError `ResourceNotFoundException` */
function foundArchiveEntity(name: string, found: Entity | undefined): Entity {
  if (found === undefined) throw noSuchArchive(name);
  return found;
}

function foundArchive(name: string, found: Entity | undefined): MadeArchive {
  const made = readMadeArchive(foundArchiveEntity(name, found).value);
  if (made === undefined) throw new Error(`the store's archive "${name}" cannot be read`);
  return made;
}

/** An archive of a file is changed there. @throws AwsError `OperationDisabledException` */
function requireNoFileArchive({ places }: Config, name: string, operationName: string): void {
  const place = places?.archives.get(name);
  if (place === undefined) return;
  const message = `${operationName} is disabled for archive ${name}: a configuration file has it (${place}), change it there.`;
  throw eventsError("OperationDisabledException", message);
}

/**
 * What a replay has yet to send would be lost. What AWS answers is not recorded; its model has this error for a change
 * that comes between an archive and a replay. A replay that starts on another router meanwhile fails, and says why.
 *
 * @throws AwsError `ConcurrentModificationException`
 */
function requireNoReplay(jobs: Pick<JobControl, "list">, archive: string): void {
  const replay = jobs.list().find((job) => isReplay(job) && job.order.archive === archive && isUnfinished(job));
  if (replay === undefined || !isReplay(replay)) return;
  const message = `Archive ${archive} is being replayed by ${replay.order.name}: wait until that has ended, or cancel it.`;
  throw eventsError("ConcurrentModificationException", message);
}

function alreadyThere(what: string) {
  return eventsError("ResourceAlreadyExistsException", `${what} already exists.`);
}

/** What was given, as it is kept: no days are for ever. @throws AwsError `InvalidEventPatternException` */
function membersOf({ Description, EventPattern, RetentionDays, KmsKeyIdentifier }: Given): Partial<MadeArchive> {
  return {
    ...(typeof Description === "string" ? { description: Description } : {}),
    ...checkedPattern(EventPattern),
    ...(typeof RetentionDays === "number" && RetentionDays > 0 ? { retentionDays: RetentionDays } : {}),
    ...(typeof KmsKeyIdentifier === "string" ? { kmsKeyIdentifier: KmsKeyIdentifier } : {}),
  };
}

function described(name: string, { config, identity }: ArchiveChanging): JsonObject {
  const createdAtMs = config().archives.get(name)?.createdAtMs ?? 0;
  return {
    ArchiveArn: archiveArn(identity, name),
    CreationTime: epochSeconds(createdAtMs),
    State: ENABLED,
  };
}
