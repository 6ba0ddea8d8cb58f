import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { JOURNAL, PARKED_QUEUE, declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { openRabbitMqJournalReader } from "../../../src/edge/rabbitmq/journal/journal-reader.ts";
import { openRabbitMqJournalWriter } from "../../../src/edge/rabbitmq/journal/journal-writer.ts";
import { appendInTheEnd, JournalInbox } from "../../contract/journal/journal-case.ts";
import { eventually, Inbox } from "../../contract/waiting.ts";
import { text } from "../../support/docs/packaging.ts";
import { startRabbitMq, type RabbitMq } from "../../support/rabbitmq/rabbitmq.ts";

const WORK = "busbar.function.work";
const USERS_QUEUE = "processed-orders";

describe("a RabbitMQ user with the permissions of docs/operations.md", () => {
  let rabbitMq: RabbitMq;
  before(async () => {
    rabbitMq = await startRabbitMq();
  });
  after(() => rabbitMq.remove());

  it("A RabbitMQ user with the permissions of docs/operations.md can do all that a router does, and nothing to other queues", async (t) => {
    const url = new URL(await rabbitMq.newVhost());
    const permissions = await documentedPermissions();
    await rabbitMq.ctl("add_user", "busbar", "secret");
    await rabbitMq.ctl("set_permissions", "-p", url.pathname.slice(1), "busbar", ...permissions);
    url.username = "busbar";
    url.password = "secret";

    const faults: string[] = [];
    const ignore = (): void => undefined;
    const events = { connected: ignore, disconnected: ignore, blocked: ignore, unblocked: ignore, confirmed: ignore };
    const broker = await connectRabbitMq({
      urls: [url.href],
      events: { ...events, delayedBy: ignore, fault: (message) => void faults.push(message) },
    });
    t.after(() => broker.close());

    await broker.declare([declarationOf(WORK), declarationOf("busbar.container.alone"), declarationOf(USERS_QUEUE)]);
    const inbox = new Inbox();
    const consumer = await broker.consume(WORK, 1, inbox.handler);
    let heard = 0;
    broker.onBroadcast(() => heard++);

    const message = { id: "m", body: Buffer.from("{}"), headers: {} };
    await broker.publish([{ ...message, queue: WORK }]);
    await broker.publish([{ ...message, queue: WORK }], { delayMs: 1_000 });
    await broker.publish([
      { ...message, queue: USERS_QUEUE },
      { ...message, queue: PARKED_QUEUE },
    ]);
    await broker.broadcast(Buffer.from("hello"));
    await inbox.has(2);
    await eventually("the broadcast is heard", () => heard === 1);
    await broker.send(broker.address!, Buffer.from("hello"));
    await eventually("what is sent to it alone is heard", () => heard === 2);
    await broker.append(Buffer.from("{}"));
    await broker.follow(() => heard++);
    assert.equal(heard, 3, "the control log is heard");
    assert.equal((await broker.peek(PARKED_QUEUE, 1)).length, 1);
    assert.equal((await broker.depth(USERS_QUEUE))?.ready, 1);
    assert.equal(await broker.purge(USERS_QUEUE), 1);
    await consumer.stop();

    const fault = (message: string): void => void faults.push(message);
    const urls = [url.href];
    const bounds = { bytesMax: 1024 * 1024 };
    const writer = await openRabbitMqJournalWriter({ urls, stream: JOURNAL, bounds, fault });
    t.after(() => writer.close());
    const reader = await openRabbitMqJournalReader({ urls: [url.href], fault });
    t.after(() => reader.close());
    await appendInTheEnd(writer, "a");
    const journal = new JournalInbox();
    journal.read(reader);
    await journal.has(1);
    assert.deepEqual(faults, []);

    await broker.declare([declarationOf("invoices")]);
    const refused = ['queue "invoices"', 'removal of the binding of queue "invoices"'];
    assert.deepEqual(
      faults,
      refused.map((step) => `RabbitMQ refuses ${step}`),
    );
  });
});

/** Configure, write and read, as `rabbitmqctl set_permissions` takes them. */
async function documentedPermissions(): Promise<readonly string[]> {
  const [, command = ""] = /^rabbitmqctl set_permissions((?:.*\\\n)+.*)$/m.exec(await text("docs/operations.md")) ?? [];
  const permissions = [...command.matchAll(/'(.*)'/g)].map(([, regex = ""]) => regex);
  assert.equal(permissions.length, 3);
  return permissions;
}
