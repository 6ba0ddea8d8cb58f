import type { Channel, ConsumeMessage } from "amqplib";
import { connect } from "amqplib";
import { Agent, request } from "undici";

/**
 * What a good engineer writes by hand: a consumer that collects batches and calls the function with them, some at once. No receipts, no
 * receive counts, no attributes, no dead letters, no retries, no metrics. What mappings are measured against.
 */
const [functionUrl = "", brokerUrl = "", queue = "", batchSize = "100", calls = "5"] = process.argv.slice(2);
/** A batch that is not full is called with after so long. */
const PARTIAL_MS = 20;

const consuming = await connect(brokerUrl, { noDelay: true });
const channel = await consuming.createChannel();
const dispatcher = new Agent({ connections: Number(calls) });
let collected: ConsumeMessage[] = [];
let timer: NodeJS.Timeout | undefined;

await channel.prefetch(Number(batchSize) * Number(calls));
await channel.consume(queue, (message) => {
  if (message === null) throw new Error("the consumer was cancelled");
  collected.push(message);
  if (collected.length >= Number(batchSize)) void callWithCollected(channel);
  else timer ??= setTimeout(() => void callWithCollected(channel), PARTIAL_MS);
});

async function callWithCollected(settling: Channel): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const batch = collected;
  collected = [];
  const records = batch.map(({ content, properties }) => {
    return { messageId: properties.messageId as unknown, body: content.toString() };
  });
  const { statusCode, body } = await request(functionUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ Records: records }),
    dispatcher,
  });
  await body.dump();
  for (const message of batch) if (statusCode === 200) settling.ack(message);
}
