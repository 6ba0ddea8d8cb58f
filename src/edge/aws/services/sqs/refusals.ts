import type { QueueObserver } from "../../../../ports/queue-observer.ts";
import type { JsonObject } from "../../../../json/json.ts";
import { AwsError } from "../../errors.ts";
import type { Operation, OperationOutput } from "../../service.ts";
import { queryCodeOf } from "./errors.ts";
import { queueNameOf } from "./queue-url.ts";

/** The operation, with an observer that hears of each request and each entry that it refuses, and of faults. */
export function refusalsCounted(row: Operation, observer: Pick<QueueObserver, "refused">): Operation {
  return {
    ...row,
    handle: async (input, call) => {
      try {
        const output = await row.handle(input, call);
        for (const code of failedEntries(output)) observer.refused(namedQueue(input), shortCode(code));
        return output;
      } catch (error) {
        const code = error instanceof AwsError ? queryCodeOf(error) : "InternalError";
        observer.refused(namedQueue(input), shortCode(code));
        throw error;
      }
    },
  };
}

function failedEntries(output: OperationOutput): readonly string[] {
  const { Failed } = output as JsonObject;
  const failed = Array.isArray(Failed) ? (Failed as readonly JsonObject[]) : [];
  return failed.map(({ Code }) => (typeof Code === "string" ? Code : "InternalError"));
}

/** Checked already: an input of an operation is an object. Empty where it names no queue. */
function namedQueue(input: unknown): string {
  const url = (input as { readonly QueueUrl?: unknown }).QueueUrl;
  return typeof url === "string" ? (queueNameOf(url) ?? "") : "";
}

/** `AWS.SimpleQueueService.NonExistentQueue` → `NonExistentQueue`. */
function shortCode(code: string): string {
  return code.slice(code.lastIndexOf(".") + 1);
}
