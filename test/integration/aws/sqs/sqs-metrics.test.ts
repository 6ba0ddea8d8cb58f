import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SqsRouter } from "../../../support/aws/sqs-router.ts";
import { callSqs, sqsRouter } from "../../../support/aws/sqs-router.ts";
import { eventually } from "../../../contract/waiting.ts";
import { valueOf } from "../../../support/observe/observe.ts";

const QUEUES = [{ name: "orders", redrivePolicy: { queue: "dead", maxReceiveCount: 1 } }, { name: "dead" }];

/** A router with calls of `orders`, and what it counts of that queue. */
async function started(t: Parameters<typeof sqsRouter>[0]) {
  const router = await sqsRouter(t, QUEUES);
  const call = async (operation: string, input: object = {}) =>
    (await callSqs(router.url, operation, { QueueUrl: "orders", ...input })).body;
  const receive = async (input: object = {}): Promise<readonly string[]> => {
    const { Messages = [] } = (await call("ReceiveMessage", input)) as { Messages?: { ReceiptHandle: string }[] };
    return Messages.map(({ ReceiptHandle }) => ReceiptHandle);
  };
  const counted = (name: string, labels: Record<string, string> = {}) =>
    valueOf(router.observation, `busbar_queue_${name}`, { queue: "orders", ...labels });
  return { router, call, receive, counted };
}

/** The counts of a scrape are kept for 5 s. */
function later({ clock }: SqsRouter): void {
  clock.nowMs += 5_000;
}

describe("what a router counts and logs of queues", () => {
  it("messages are counted as they are sent, received and deleted, with their ages", async (t) => {
    const { router, call, receive, counted } = await started(t);
    for (const body of ["a", "b"]) await call("SendMessage", { MessageBody: body });
    assert.equal(await counted("messages_in_flight"), 0);
    const [receipt, other] = await receive({ MaxNumberOfMessages: 10 });
    later(router);
    assert.equal(await counted("messages_in_flight"), 2);
    await call("DeleteMessage", { ReceiptHandle: receipt });
    await call("ChangeMessageVisibility", { ReceiptHandle: other, VisibilityTimeout: 0 });
    later(router);
    assert.equal(await counted("messages_in_flight"), 0);
    assert.equal(await counted("messages_sent_total"), 2);
    assert.equal(await counted("messages_received_total"), 2);
    assert.equal(await counted("message_age_seconds_count"), 2);
    assert.equal(await counted("message_age_seconds_bucket", { le: "86400" }), 2);
    assert.equal(await counted("messages_deleted_total"), 1);
    assert.equal(await counted("messages_returned_total", { by: "caller" }), 1);
    assert.equal(await counted("empty_receives_total"), 0);
  });

  it("a batch of messages counts each that is sent, and each that is refused", async (t) => {
    const { call, counted } = await started(t);
    const Entries = ["good", "bad"].map((Id) => ({ Id, MessageBody: Id, DelaySeconds: Id === "bad" ? 901 : 0 }));
    await call("SendMessageBatch", { Entries });
    assert.equal(await counted("messages_sent_total"), 1);
    assert.equal(await counted("refusals_total", { reason: "InvalidParameterValue" }), 1);
  });

  it("a message whose time is over is counted as returned, and one that comes too often as dead-lettered", async (t) => {
    const { router, call, receive, counted } = await started(t);
    const sent = await call("SendMessage", { MessageBody: "poison" });
    await receive({ VisibilityTimeout: 1 });
    const returned = { by: "time" };
    await eventually("it is counted", async () => (await counted("messages_returned_total", returned)) === 1);
    assert.deepEqual(await receive(), []);
    assert.equal(await counted("messages_dead_lettered_total"), 1);
    assert.equal(await counted("empty_receives_total"), 1);
    const [line] = router.lines.filter(({ msg }) => String(msg).startsWith("message received too often"));
    assert.deepEqual(
      [line?.["level"], line?.["queue"], line?.["deadLetterQueue"], line?.["messageId"], line?.["receives"]],
      ["warn", "orders", "dead", sent["MessageId"], 1],
    );
  });

  it("what a FIFO queue was sent before is counted apart", async (t) => {
    const { url, observation } = await sqsRouter(t, [{ name: "orders.fifo", fifo: true }]);
    const message = { MessageBody: "a", MessageGroupId: "g1", MessageDeduplicationId: "a" };
    for (let times = 0; times < 3; times++) await callSqs(url, "SendMessage", { QueueUrl: "orders.fifo", ...message });
    const counted = (name: string) =>
      valueOf(observation, `busbar_queue_messages_${name}_total`, { queue: "orders.fifo" });
    assert.deepEqual([await counted("sent"), await counted("deduplicated")], [1, 2]);
  });

  it("long polls are counted while they wait", async (t) => {
    const { router, call, receive, counted } = await started(t);
    const polls = Promise.all([receive({ WaitTimeSeconds: 20 }), receive({ WaitTimeSeconds: 20 })]);
    await eventually("both wait", async () => (await counted("polls_waiting")) === 2);
    await call("SendMessage", { MessageBody: "one" });
    await eventually("one waits", async () => (await counted("polls_waiting")) === 1);
    router.queues.stop();
    await polls;
    assert.equal(await counted("polls_waiting"), 0);
    assert.equal(await counted("empty_receives_total"), 1);
  });

  it("refusals are counted by their reason, those of queues that are not there under one name", async (t) => {
    const { router, call, counted } = await started(t);
    await call("DeleteMessage", { ReceiptHandle: "nonsense" });
    assert.equal(await counted("refusals_total", { reason: "ReceiptHandleIsInvalid" }), 1);
    for (const QueueUrl of ["nowhere", "neverland"]) await callSqs(router.url, "ReceiveMessage", { QueueUrl });
    assert.equal(await counted("refusals_total", { queue: "unknown", reason: "NonExistentQueue" }), 2);
    assert.equal(await counted("refusals_total", { queue: "nowhere", reason: "NonExistentQueue" }), undefined);
  });
});
