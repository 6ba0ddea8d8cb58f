import type { Outcome } from "./outcome.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";

/**
 * Which records of a batch failed, by their ids, as Lambda reads the function's answer ("Reporting batch item failures",
 * AWS Lambda Developer Guide). A call that failed failed for all.
 *
 * @param ids of the batch's records.
 */
export function failedIds(outcome: Outcome, ids: ReadonlySet<string>, isReported: boolean): ReadonlySet<string> {
  if (!outcome.ok) return ids;
  if (!isReported || outcome.responseJson === undefined) return NONE;
  const answer = parseJson(outcome.responseJson);
  // Lambda takes an empty text, null and an empty list for an answer that names nothing.
  if (answer === null || answer === "" || (Array.isArray(answer) && answer.length === 0)) return NONE;
  if (!isJsonObject(answer)) return ids;
  const reported = Object.hasOwn(answer, "batchItemFailures") ? answer["batchItemFailures"] : undefined;
  if (reported === undefined || reported === null) return NONE;
  if (!Array.isArray(reported)) return ids;
  const failed = new Set<string>();
  for (const each of reported) {
    const id = isJsonObject(each) && Object.hasOwn(each, "itemIdentifier") ? each["itemIdentifier"] : undefined;
    if (typeof id !== "string" || !ids.has(id)) return ids;
    failed.add(id);
  }
  return failed;
}

const NONE: ReadonlySet<string> = new Set();
