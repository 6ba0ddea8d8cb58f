import { archiveArn, eventBusArn } from "../../../../domain/arn.ts";
import type { Archive } from "../../../../domain/archive/archive.ts";
import { ARCHIVE_NAME_CHARACTERS_MAX } from "../../../../domain/archive/archive.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { ArchiveContents } from "../../../../ports/archives.ts";
import type { AwsError } from "../../errors.ts";
import { commonError } from "../../errors.ts";
import { page, PAGING } from "../../input/paging.ts";
import { required, string, structure } from "../../input/shapes.ts";
import { enumeration } from "../../input/values.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { eventsError } from "./errors.ts";
import type { Reading } from "./event-buses.ts";
import { eventBusOf } from "./event-buses.ts";
import { TARGET_ARN } from "./names.ts";
import { epochSeconds } from "../../epoch-seconds.ts";

/** What the operations about archives read. */
export interface ArchiveOptions extends Reading {
  readonly archives: ArchiveContents;
}

export const ARCHIVE_NAME = string({
  pattern: "[\\.\\-_A-Za-z0-9]+",
  lengthMin: 1,
  lengthMax: ARCHIVE_NAME_CHARACTERS_MAX,
});
/** Every archive is enabled as long as it is there: its queue is made before its first event. */
export const ENABLED = "ENABLED";

const STATE = enumeration("ENABLED", "DISABLED", "CREATING", "UPDATING", "CREATE_FAILED", "UPDATE_FAILED");

/** DescribeArchive. */
export function describeArchive(options: ArchiveOptions): Operation {
  const { config, identity } = options;
  return operation({
    input: structure("DescribeArchiveRequest", { ArchiveName: required(ARCHIVE_NAME) }),
    resource: ({ ArchiveName }) => archiveArn(identity, ArchiveName),
    handle: async ({ ArchiveName }) => {
      const archive = config().archives.get(ArchiveName);
      if (archive === undefined) throw noSuchArchive(ArchiveName);
      const { description, patternJson } = archive;
      const kmsKeyIdentifier = config().made?.archives.get(ArchiveName)?.kmsKeyIdentifier;
      return {
        ArchiveArn: archiveArn(identity, ArchiveName),
        ...(await listed(archive, options)),
        ...(description === undefined ? {} : { Description: description }),
        ...(patternJson === undefined ? {} : { EventPattern: patternJson }),
        ...(kmsKeyIdentifier === undefined ? {} : { KmsKeyIdentifier: kmsKeyIdentifier }),
      };
    },
  });
}

/** ListArchives: by name, those that one filter selects. */
export function listArchives(options: ArchiveOptions): Operation {
  const { config, identity } = options;
  return operation({
    input: structure("ListArchivesRequest", {
      NamePrefix: ARCHIVE_NAME,
      EventSourceArn: TARGET_ARN,
      State: STATE,
      ...PAGING,
    }),
    resource: () => "*",
    handle: async (input) => {
      const { NamePrefix, EventSourceArn, State } = input;
      const filters = [NamePrefix, EventSourceArn, State].map((filter) => filter ?? undefined);
      if (filters.filter((filter) => filter !== undefined).length > 1) {
        const message =
          "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.";
        throw commonError("ValidationException", message);
      }
      const [prefix = "", source, state = ENABLED] = filters;
      const bus = source === undefined ? undefined : eventBusOf(options, source).name;
      const archives = [...config().archives.values()].filter(
        (archive) => archive.name.startsWith(prefix) && (bus ?? archive.bus) === archive.bus && state === ENABLED,
      );
      const listing = ["archives", identity.region, ...filters.map((filter) => filter ?? "")];
      const { items, next } = page(input, listing, archives, ({ name }) => name);
      return { Archives: await Promise.all(items.map((archive) => listed(archive, options))), ...next };
    },
  });
}

/** An archive of a file has no time of its creation: it is 0. */
async function listed(
  { name, bus, retention, createdAtMs = 0 }: Archive,
  { archives, identity }: ArchiveOptions,
): Promise<JsonObject> {
  const { events, bytes } = await archives.size(name);
  return {
    ArchiveName: name,
    EventSourceArn: eventBusArn(identity, bus),
    State: ENABLED,
    RetentionDays: retention.days ?? 0,
    SizeBytes: bytes,
    EventCount: events,
    CreationTime: epochSeconds(createdAtMs),
  };
}

export function noSuchArchive(name: string): AwsError {
  return eventsError("ResourceNotFoundException", `Archive ${name} does not exist.`);
}
