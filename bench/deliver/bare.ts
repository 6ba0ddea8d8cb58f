import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Channel, ConsumeMessage } from "amqplib";
import { connect } from "amqplib";
import express from "express";
import { Agent, request } from "undici";

/**
 * What a good engineer writes by hand in an afternoon: express, confirms, a quorum queue, prefetch, undici. No
 * rules, no retries, no records, no metrics, no reconnecting. What Busbar is measured against.
 */
const [functionUrl = "", brokerUrl = "", concurrency = "50", fanOut = "1"] = process.argv.slice(2);
const queues = Array.from({ length: Number(fanOut) }, (_, index) => `bare-${index}`);

const publishing = await connect(brokerUrl, { noDelay: true });
const consuming = await connect(brokerUrl, { noDelay: true });
const confirmed = await publishing.createConfirmChannel();
for (const queue of queues) {
  await confirmed.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
}

interface Entry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

const app = express();
app.use(express.json({ limit: "8mb", type: () => true }));
app.post("/", async (incoming, response) => {
  const { Entries } = incoming.body as { Entries: Entry[] };
  const ids = await Promise.all(Entries.map(publish));
  response.json({ FailedEntryCount: 0, Entries: ids.map((EventId) => ({ EventId })) });
});
const server = app.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});

async function publish(entry: Entry): Promise<string> {
  const id = randomUUID();
  const detail: unknown = JSON.parse(entry.Detail);
  const event = { version: "0", id, "detail-type": entry.DetailType, source: entry.Source, time: new Date(), detail };
  const body = Buffer.from(JSON.stringify(event));
  await Promise.all(queues.map((queue) => store(queue, body)));
  return id;
}

function store(queue: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    confirmed.sendToQueue(queue, body, { persistent: true, messageId: randomUUID() }, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(new Error("not confirmed", { cause: error }));
    });
  });
}

for (const queue of queues) await consume(queue);

async function consume(queue: string): Promise<void> {
  const channel = await consuming.createChannel();
  await channel.prefetch(Number(concurrency));
  const dispatcher = new Agent({ connections: Number(concurrency) });
  await channel.consume(queue, (message) => {
    if (message === null) throw new Error("the consumer was cancelled");
    void deliver(message, channel, dispatcher);
  });
}

async function deliver(message: ConsumeMessage, channel: Channel, dispatcher: Agent): Promise<void> {
  const headers = { "content-type": "application/json" };
  const { statusCode, body } = await request(functionUrl, {
    method: "POST",
    headers,
    body: message.content,
    dispatcher,
  });
  await body.dump();
  if (statusCode === 200) channel.ack(message);
  else channel.nack(message);
}
