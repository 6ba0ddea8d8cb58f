import type { Config } from "../../domain/config.ts";
import { destinationsOf } from "../../domain/config.ts";
import type { RecordOf } from "../../domain/journal/records.ts";

/**
 * The longest document that the journal takes, as it is and deflated: some 20,000 rules. Each router writes it at its start, after
 * changes and every hour, and a console holds it in memory to compare it.
 */
const DOCUMENT_BYTES_MAX = 8 * 1024 * 1024;
const DEFLATED_BYTES_MAX = 256 * 1024;

/** The document of a configuration as the journal may have it; undefined for one that is too long. */
export async function keptDocument({ document }: Config): Promise<Buffer | undefined> {
  if (document.bytes > DOCUMENT_BYTES_MAX) return undefined;
  const deflated = await document.deflated();
  return deflated.length > DEFLATED_BYTES_MAX ? undefined : deflated;
}

/** The record of a configuration in force. @param document undefined while it is not written, and where it is too long. */
export function configurationRecord(
  config: Config,
  sinceMs: number,
  atMs: number,
  document: Buffer | undefined,
): RecordOf<"configuration"> {
  const { digest, bytes } = config.document;
  const { size: rules } = config.rules;
  return {
    kind: "configuration",
    atMs,
    digest,
    sinceMs,
    rules,
    destinations: destinationsOf(config).length,
    bytes,
    document,
  };
}
