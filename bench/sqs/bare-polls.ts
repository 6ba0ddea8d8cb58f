import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";

/** The least that a long poll of an empty queue costs: an express handler that reads a body of JSON, waits, and answers. */
interface Poll {
  readonly WaitTimeSeconds: number;
}

const app = express();
app.use(express.json({ type: () => true }));
app.post("/", async (incoming, response) => {
  const { WaitTimeSeconds } = incoming.body as Poll;
  await sleep(WaitTimeSeconds * 1_000);
  response.json({});
});
const server = app.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
