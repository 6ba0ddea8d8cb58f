import type { JsonObject } from "../../../../../json/json.ts";
import { QUEUE_BOUNDS } from "../../../../../domain/queue/queue-config.ts";
import type { ReceiveRefusal } from "../../../../../ports/message-queues.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { noSuchQueue, requireBetween, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { QUEUE_URL, configuredQueue, queueResource } from "../messaging.ts";
import { requireFifoName } from "./fifo-message.ts";
import { ANY_INTEGER } from "./outgoing.ts";
import { shownMessage } from "./shown-message.ts";

const NAMES = list(string({ lengthMax: 256 }), { lengthMax: 100 });

const INPUT = {
  ...QUEUE_URL,
  AttributeNames: NAMES,
  MessageSystemAttributeNames: NAMES,
  MessageAttributeNames: NAMES,
  MaxNumberOfMessages: ANY_INTEGER,
  VisibilityTimeout: ANY_INTEGER,
  WaitTimeSeconds: ANY_INTEGER,
  ReceiveRequestAttemptId: string(),
};

const VISIBILITY = QUEUE_BOUNDS.visibilityTimeoutSeconds;
/** What AWS says of a visibility time-out out of its bounds. */
export const VISIBILITY_REASON = `Must be >= ${VISIBILITY.min} and <= ${VISIBILITY.max}, if provided.`;

export function receiveMessage(messaging: Messaging): Operation {
  return operation({
    input: structure("ReceiveMessageRequest", INPUT),
    resource: (input) => queueResource(messaging, input),
    handle: async (input, { arrival: { response }, caller, endTurn }): Promise<JsonObject> => {
      const queue = configuredQueue(messaging, input);
      const { MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout } = input;
      const limits = { min: 1, max: 10 };
      const limitReason = "Must be between 1 and 10, if provided.";
      const waitReason = "Must be >= 0 and <= 20, if provided.";
      const limit = requireBetween("MaxNumberOfMessages", MaxNumberOfMessages, limits, limitReason) ?? 1;
      const waitBounds = QUEUE_BOUNDS.receiveWaitSeconds;
      const waitSeconds = requireBetween("WaitTimeSeconds", WaitTimeSeconds, waitBounds, waitReason);
      const invisible = requireBetween("VisibilityTimeout", VisibilityTimeout, VISIBILITY, VISIBILITY_REASON);
      // A standard queue ignores it.
      const attemptId =
        queue.fifo === true ? requireFifoName("ReceiveRequestAttemptId", input.ReceiveRequestAttemptId) : undefined;
      const gone = new AbortController();
      response.once("close", () => {
        // An abort makes an error with its stack, which was 5 % of a poll's CPU time. None is needed once the answer has gone out.
        if (!response.writableFinished) gone.abort();
      });
      const received = await messaging.queues.receive(queue, {
        share: caller.share,
        limit,
        waitSeconds,
        visibilityTimeoutSeconds: invisible,
        attemptId,
        signal: gone.signal,
        onWait: endTurn,
      });
      if (typeof received === "string") throw refusalError(received);
      if (response.closed) received.release();
      else response.once("close", received.release);
      const names = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
      const wanted = { systemAttributes: new Set(names), messageAttributes: input.MessageAttributeNames ?? [] };
      if (received.messages.length === 0) return {};
      return { Messages: received.messages.map((held) => shownMessage(held, wanted, messaging.identity)) };
    },
  });
}

function refusalError(refusal: ReceiveRefusal): AwsError {
  switch (refusal) {
    case "no-queue":
      return noSuchQueue();
    case "no-room":
      return commonError("ThrottlingException", "Too much is in flight.", { retryAfterSeconds: 1 });
    case "too-many-held":
      return sqsError("OverLimit", "Too many messages are in flight: delete some, or wait until they are visible.");
  }
}
