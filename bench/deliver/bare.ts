import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { ConsumeMessage } from "amqplib";
import { connect } from "amqplib";
import express from "express";
import { Agent, request } from "undici";

/**
 * What a good engineer writes by hand in an afternoon: express, confirms, a quorum queue, prefetch, undici. No
 * rules, no retries, no records, no metrics, no reconnecting. What Busbar is measured against.
 */
const [functionUrl = "", brokerUrl = "", concurrency = "50"] = process.argv.slice(2);
const QUEUE = "bare";

const publishing = await connect(brokerUrl, { noDelay: true });
const consuming = await connect(brokerUrl, { noDelay: true });
const confirmed = await publishing.createConfirmChannel();
const channel = await consuming.createChannel();
await channel.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
await channel.prefetch(Number(concurrency));

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

function publish(entry: Entry): Promise<string> {
  const id = randomUUID();
  const detail: unknown = JSON.parse(entry.Detail);
  const event = { version: "0", id, "detail-type": entry.DetailType, source: entry.Source, time: new Date(), detail };
  const body = Buffer.from(JSON.stringify(event));
  return new Promise((resolve, reject) => {
    confirmed.sendToQueue(QUEUE, body, { persistent: true, messageId: id }, (error: unknown) => {
      if (error === null || error === undefined) resolve(id);
      else reject(new Error("not confirmed", { cause: error }));
    });
  });
}

const dispatcher = new Agent({ connections: Number(concurrency) });
await channel.consume(QUEUE, (message) => {
  if (message === null) throw new Error("the consumer was cancelled");
  void deliver(message);
});

async function deliver(message: ConsumeMessage): Promise<void> {
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
