import type { JsonObject } from "../../../../../json/json.ts";
import type { SentMessage } from "../../../../../ports/message-queues.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";
import type { EntryOutcome } from "./batch.ts";
import { batchOutput, entryOf, requireEntries } from "./batch.ts";
import { requirePlaces } from "./fifo-message.ts";
import { checkMessage, GIVEN_MESSAGE, givenBytes } from "./outgoing.ts";

const BATCH_BYTES_MAX = 1_048_576;

export function sendMessage(messaging: Messaging): Operation {
  return operation({
    input: structure("SendMessageRequest", { ...QUEUE_URL, ...GIVEN_MESSAGE }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input, call) => {
      const queue = configuredQueue(messaging, input);
      const { outgoing, answer } = checkMessage(input, queue, call, messaging);
      const [sent] = await messaging.queues.send(queue, [outgoing]);
      if (sent === undefined) throw notStored();
      return sentAnswer(sent, answer);
    },
  });
}

export function sendMessageBatch(messaging: Messaging): Operation {
  const entry = structure("SendMessageBatchRequestEntry", { Id: string(), ...GIVEN_MESSAGE });
  return operation({
    input: structure("SendMessageBatchRequest", { ...QUEUE_URL, Entries: list(entry) }),
    action: "sqs:SendMessage",
    resource: (input) => queueResource(messaging, input),
    handle: async (input, call) => {
      const queue = configuredQueue(messaging, input);
      const entries = requireEntries(input.Entries, "SendMessageBatchRequestEntry");
      requirePlaces(entries, queue);
      requireBatchBytes(entries.reduce((bytes, each) => bytes + givenBytes(each), 0));
      const checked = entries.map((each) => ({
        Id: each.Id,
        ...entryOf(() => checkMessage(each, queue, call, messaging, "One or more parameters cannot be validated.")),
      }));
      const made = checked.flatMap((each) => ("made" in each ? [each.made.outgoing] : []));
      const sent = await messaging.queues.send(queue, made);
      const sentAs = new Map(made.map(({ id }, at) => [id, sent[at]]));
      return batchOutput(
        checked.map((each): EntryOutcome => {
          if (!("made" in each)) return each;
          const { outgoing, answer } = each.made;
          const as = sentAs.get(outgoing.id);
          if (as === undefined) return { Id: each.Id, error: notStored() };
          return { Id: each.Id, answer: sentAnswer(as, answer) };
        }),
      );
    },
  });
}

function sentAnswer({ id, sequenceNumber }: SentMessage, answer: JsonObject): JsonObject {
  return {
    MessageId: id,
    ...answer,
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
  };
}

function requireBatchBytes(bytes: number): void {
  if (bytes <= BATCH_BYTES_MAX) return;
  const text = `Batch requests cannot be longer than ${BATCH_BYTES_MAX} bytes. You have sent ${bytes} bytes.`;
  throw sqsError("BatchRequestTooLong", text);
}

function notStored(): AwsError {
  return commonError("ServiceUnavailable", "The message was not stored.", { retryAfterSeconds: 1 });
}
