import { QUEUE_BOUNDS } from "../../../../../domain/queue/queue-config.ts";
import type { FifoDeleteOutcome } from "../../../../../ports/broker/fifo-queues.ts";
import type { HideOutcome } from "../../../../../ports/broker/holds.ts";
import type { AwsError } from "../../../errors.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { invalidValue, missing, requireBetween, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";
import type { EntryOutcome } from "./batch.ts";
import { batchOutput, entryOf, requireEntries } from "./batch.ts";
import { ANY_INTEGER } from "./outgoing.ts";
import { VISIBILITY_REASON } from "./receive.ts";

const HANDLE = { ReceiptHandle: string() };
const CHANGE = { ...HANDLE, VisibilityTimeout: ANY_INTEGER };
const ENTRY = { Id: string() };

export function deleteMessage(messaging: Messaging): Operation {
  return operation({
    input: structure("DeleteMessageRequest", { ...QUEUE_URL, ...HANDLE }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      const handle = handleOf(input);
      const [outcome] = await messaging.queues.delete(queue, [handle]);
      const error = deleteError(outcome, handle);
      if (error !== undefined) throw error;
      return {};
    },
  });
}

export function deleteMessageBatch(messaging: Messaging): Operation {
  const entry = structure("DeleteMessageBatchRequestEntry", { ...ENTRY, ...HANDLE });
  return operation({
    input: structure("DeleteMessageBatchRequest", { ...QUEUE_URL, Entries: list(entry) }),
    action: "sqs:DeleteMessage",
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      const entries = requireEntries(input.Entries, "DeleteMessageBatchRequestEntry");
      const checked = entries.map((each) => ({ Id: each.Id, ...entryOf(() => handleOf(each)) }));
      const handles = checked.flatMap((each) => ("made" in each ? [each.made] : []));
      const outcomes = (await messaging.queues.delete(queue, handles)).values();
      return batchOutput(
        checked.map((each) => {
          return "made" in each ? outcomeOf(each.Id, deleteError(outcomes.next().value, each.made)) : each;
        }),
      );
    },
  });
}

export function changeMessageVisibility(messaging: Messaging): Operation {
  return operation({
    input: structure("ChangeMessageVisibilityRequest", { ...QUEUE_URL, ...CHANGE }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      const change = changeOf(input);
      const [outcome] = await messaging.queues.hide(queue, [change]);
      const error = hideError(outcome, change.receipt);
      if (error !== undefined) throw error;
      return {};
    },
  });
}

export function changeMessageVisibilityBatch(messaging: Messaging): Operation {
  const entry = structure("ChangeMessageVisibilityBatchRequestEntry", { ...ENTRY, ...CHANGE });
  return operation({
    input: structure("ChangeMessageVisibilityBatchRequest", { ...QUEUE_URL, Entries: list(entry) }),
    action: "sqs:ChangeMessageVisibility",
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const queue = configuredQueue(messaging, input);
      const entries = requireEntries(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
      const checked = entries.map((each) => ({ Id: each.Id, ...entryOf(() => changeOf(each)) }));
      const changes = checked.flatMap((each) => ("made" in each ? [each.made] : []));
      const outcomes = (await messaging.queues.hide(queue, changes)).values();
      return batchOutput(
        checked.map((each) => {
          return "made" in each ? outcomeOf(each.Id, hideError(outcomes.next().value, each.made.receipt)) : each;
        }),
      );
    },
  });
}

function handleOf({ ReceiptHandle }: { readonly ReceiptHandle?: string | null }): string {
  if (ReceiptHandle === undefined || ReceiptHandle === null || ReceiptHandle === "") throw missing("ReceiptHandle");
  return ReceiptHandle;
}

function changeOf(given: { readonly ReceiptHandle?: string | null; readonly VisibilityTimeout?: number | null }) {
  const receipt = handleOf(given);
  const bounds = QUEUE_BOUNDS.visibilityTimeoutSeconds;
  const seconds = requireBetween("VisibilityTimeout", given.VisibilityTimeout, bounds, VISIBILITY_REASON);
  if (seconds === undefined) throw missing("VisibilityTimeout");
  return { receipt, invisibleMs: seconds * 1_000 };
}

function outcomeOf(Id: string, error: AwsError | undefined): EntryOutcome {
  return error === undefined ? { Id, answer: {} } : { Id, error };
}

function deleteError(outcome: FifoDeleteOutcome | undefined, handle: string): AwsError | undefined {
  if (outcome === "expired") return invalidValue("ReceiptHandle", handle, "The receipt handle has expired.");
  return outcome === "deleted" ? undefined : invalidHandle(handle);
}

function hideError(outcome: HideOutcome | undefined, handle: string): AwsError | undefined {
  switch (outcome) {
    case "changed":
      return undefined;
    case "gone": {
      const reason = "Message does not exist or is not available for visibility timeout change.";
      return invalidValue("ReceiptHandle", handle, reason);
    }
    case "too-long": {
      const reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
      return invalidValue("VisibilityTimeout", handle, reason);
    }
    default:
      return invalidHandle(handle);
  }
}

function invalidHandle(handle: string): AwsError {
  const text = `The input receipt handle "${handle.slice(0, 1_024)}" is not a valid receipt handle.`;
  return sqsError("ReceiptHandleIsInvalid", text);
}
