import { counted } from "../../output/format.ts";

/** What came of a batch: `success, 10 records`. */
export function resultText(batch: {
  readonly outcome: string;
  readonly records: number;
  /** The records that failed, or all where the call did not end. */
  readonly failed: number;
}): string {
  const { outcome, records, failed } = batch;
  const of = counted(records, "record");
  return failed === 0 ? `${outcome}, ${of}` : `${outcome}, ${failed} of ${of} failed`;
}
