import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { deliveryMessage } from "../../src/domain/delivery/delivery-message.ts";
import { functionQueue } from "../../src/domain/queue/queues.ts";

/** Messages that are published before their confirms are waited for. */
const BATCH = 5_000;

/** Fills an HTTP function's queue with deliveries of one rule's target, past the router, which would take longer. */
export async function fillQueue(
  broker: string,
  { name, rule, count }: { readonly name: string; readonly rule: string; readonly count: number },
): Promise<void> {
  const connection = await connect(broker, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  const body = Buffer.from(JSON.stringify({ id: "backlog", source: "backlog", "detail-type": "Queued", detail: {} }));
  for (let filled = 0; filled < count; filled += BATCH) {
    for (let index = filled; index < Math.min(count, filled + BATCH); index++) {
      const delivery = {
        id: randomUUID(),
        destination: { kind: "function", name },
        origin: { bus: "default", rule, target: name },
        body,
        attempt: 1,
        countedRetries: 0,
        firstAtMs: Date.now(),
        hops: 0,
        suspicions: 0,
      } as const;
      const message = deliveryMessage(delivery, functionQueue(name, "other"));
      const options = { persistent: true, messageId: message.id, headers: message.headers };
      channel.sendToQueue(message.queue, message.body, options);
    }
    await channel.waitForConfirms();
  }
  await connection.close();
}
