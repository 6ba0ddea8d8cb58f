/** How long an archive keeps an event, and how many bytes it keeps. Without either it keeps all for ever. */
export interface Retention {
  readonly days?: number;
  readonly bytes?: number;
}

/** What keeps the events of a bus, to be replayed later. */
export interface Archive {
  /** Unique over all buses. */
  readonly name: string;
  readonly bus: string;
  readonly description?: string;
  /** JSON text, as it was given. Undefined for every event of the bus. */
  readonly patternJson?: string;
  readonly retention: Retention;
  /** When it was made over the API, in epoch milliseconds. A file does not say. */
  readonly createdAtMs?: number;
}

/** How long an archive's name may be, as AWS has it. */
export const ARCHIVE_NAME_CHARACTERS_MAX = 48;

/** The rule that an archive has on its bus: it is matched as all rules are, and nobody changes it but by the archive. */
export function managedRuleName(archive: string): string {
  return `Events-Archive-${archive}`;
}

const STREAM_NAME = /^busbar\.archive\.(\d+)d\.(\d+)b\.(.+)$/;

/**
 * Where an archive's events are stored. A broker cannot change the retention of what it has, so a changed retention
 * leads to another stream: the name says it, with 0 for no bound (docs/adr/0065-a-changed-retention-is-another-stream.md).
 */
export function archiveStream(name: string, { days = 0, bytes = 0 }: Retention): string {
  return `busbar.archive.${days}d.${bytes}b.${name}`;
}

/** What the name of an archive's stream says; undefined for every other name. */
export function parseArchiveStream(
  stream: string,
): { readonly archive: string; readonly retention: Retention } | undefined {
  const [, days, bytes, archive] = STREAM_NAME.exec(stream) ?? [];
  if (archive === undefined) return undefined;
  const retention = {
    ...(Number(days) === 0 ? {} : { days: Number(days) }),
    ...(Number(bytes) === 0 ? {} : { bytes: Number(bytes) }),
  };
  return { archive, retention };
}
