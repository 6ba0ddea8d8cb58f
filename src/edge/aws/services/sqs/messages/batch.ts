import type { JsonObject } from "../../../../../json/json.ts";
import { AwsError } from "../../../errors.ts";
import { queryCodeOf, sqsError } from "../errors.ts";

const ENTRIES_MAX = 10;

/** An entry of a batch. */
export interface BatchEntry {
  readonly Id?: string | null;
}

/** Checks the entries of a batch together. @param noun as AWS names them. @throws AwsError for the whole request */
export function requireEntries<Entry extends BatchEntry>(
  entries: readonly Entry[] | null | undefined,
  noun: string,
): readonly (Entry & { readonly Id: string })[] {
  if (entries === null || entries === undefined || entries.length === 0) {
    throw sqsError("EmptyBatchRequest", `There should be at least one ${noun} in the request.`);
  }
  if (entries.length > ENTRIES_MAX) {
    const text = `Maximum number of entries per request are ${ENTRIES_MAX}. You have sent ${entries.length}.`;
    throw sqsError("TooManyEntriesInBatchRequest", text);
  }
  const ids = new Set<string>();
  return entries.map((entry) => {
    const id = entry.Id ?? "";
    if (!/^[\w-]{1,80}$/.test(id)) {
      const text =
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
      throw sqsError("InvalidBatchEntryId", text);
    }
    if (ids.has(id)) throw sqsError("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);
    ids.add(id);
    return { ...entry, Id: id };
  });
}

/** What became of an entry: what it is answered, or why it failed. */
export type EntryOutcome = { readonly Id: string } & ({ readonly answer: JsonObject } | { readonly error: AwsError });

/** The output of a batch: lists that are empty are left out. */
export function batchOutput(outcomes: readonly EntryOutcome[]): JsonObject {
  const successful = outcomes.flatMap((outcome) =>
    "answer" in outcome ? [{ Id: outcome.Id, ...outcome.answer }] : [],
  );
  const failed = outcomes.flatMap((outcome) => ("error" in outcome ? [failure(outcome.Id, outcome.error)] : []));
  return {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
}

/** What an entry's check makes, or its error: one entry does not fail the others. */
export function entryOf<Made>(make: () => Made): { readonly made: Made } | { readonly error: AwsError } {
  try {
    return { made: make() };
  } catch (error) {
    if (error instanceof AwsError) return { error };
    throw error;
  }
}

function failure(id: string, error: AwsError): JsonObject {
  return { Id: id, SenderFault: error.status < 500, Code: queryCodeOf(error), Message: error.message };
}
