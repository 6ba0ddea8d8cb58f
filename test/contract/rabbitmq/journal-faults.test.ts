import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket, createServer } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import { JOURNAL } from "../../../src/domain/queue/queues.ts";
import type { JournalReader, JournalWriter } from "../../../src/ports/journal.ts";
import { openRabbitMqJournalReader } from "../../../src/edge/rabbitmq/journal/journal-reader.ts";
import { openRabbitMqJournalWriter } from "../../../src/edge/rabbitmq/journal/journal-writer.ts";
import { freePorts } from "../../support/http/free-ports.ts";
import { startRabbitMq, type RabbitMq } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { appendAll, appendInTheEnd, frame, JournalInbox, numbered, refusalOf } from "../journal/journal-case.ts";
import { eventually, within } from "../waiting.ts";

const BOUNDS = { bytesMax: 16 * 1024 * 1024 };

/** What goes wrong with the journal's stream in particular, on a node of its own. */
describe("The journal on RabbitMQ on a bad day", { timeout: 300_000 }, () => {
  let rabbitMq: RabbitMq;
  before(async () => {
    rabbitMq = await startRabbitMq();
  });
  after(() => rabbitMq.remove());

  it("is read on without gap or repeat, and written again, after lost connections", async (t) => {
    const url = await rabbitMq.newVhost();
    const proxy = await startTcpProxy(Number(new URL(url).port));
    t.after(() => proxy.close());
    const cutOff = through(proxy, url);
    const { writer, inbox } = await openBoth(t, cutOff);
    const [other, whole] = [await openWriter(t, url), new JournalInbox()];
    whole.read(await openReader(t, url));
    await appendInTheEnd(writer, "a");
    await appendInTheEnd(other, "b");
    await inbox.has(2);
    for (const round of [1, 2]) {
      await appendAll(other, numbered(5, `before-${round}`));
      proxy.stall();
      proxy.cut();
      await eventually("the writer's connection is lost", async () => {
        return (await refusalOf(writer.append(frame("x")))) === "disconnected";
      });
      const startedAtMs = performance.now();
      assert.equal(await refusalOf(writer.append(frame("x"))), "disconnected");
      assert.ok(performance.now() - startedAtMs < 3_000, "an append without connection rejects at once");
      await appendAll(other, numbered(5, `meanwhile-${round}`));
      proxy.resume();
      proxy.cut();
      await appendInTheEnd(writer, `after-${round}`);
    }
    for (const each of [inbox, whole]) await each.hasName("after-2");
    assert.deepEqual(inbox.frames, whole.frames);
    assert.deepEqual([inbox.lost, whole.lost], [0, 0]);
  });

  it("is made again when somebody deletes its stream, and read from its beginning", async (t) => {
    const url = await rabbitMq.newVhost();
    const { writer, inbox } = await openBoth(t, url);
    await appendInTheEnd(writer, "a");
    await appendAll(writer, ["b", "c"]);
    await inbox.has(3);
    const stored = new JournalInbox();
    const admin = await channelOf(t, url);

    // The new stream is soon longer than what was read of the old one.
    await admin.deleteQueue(JOURNAL);
    await appendInTheEnd(writer, "d");
    await appendAll(writer, numbered(10));
    await inbox.hasName("f-9");
    assert.deepEqual(inbox.names, ["a", "b", "c", "d", ...numbered(10)]);
    assert.deepEqual([inbox.lost, inbox.lostAt], [1, [3]]);

    // The new stream is shorter.
    await admin.deleteQueue(JOURNAL);
    await appendInTheEnd(writer, "e");
    await inbox.hasName("e");
    await appendAll(writer, ["f"]);
    await inbox.hasName("f");
    assert.deepEqual(inbox.names.slice(-2), ["e", "f"]);
    assert.equal(inbox.lost, 2);
    stored.read(await openReader(t, url));
    await stored.has(2);
    assert.deepEqual(stored.names, ["e", "f"]);
  });

  it("is written once its user may make and write it, and refused before; a fault is reported once", async (t) => {
    const url = new URL(await rabbitMq.newVhost());
    const allow = (...permissions: string[]): Promise<string> =>
      rabbitMq.ctl("set_permissions", "-p", url.pathname.slice(1), "router", ...permissions);
    await rabbitMq.ctl("add_user", "router", "secret");
    await allow("^$", "^$", "^$");
    url.username = "router";
    url.password = "secret";
    const [writing, reading]: string[][] = [[], []];
    const inbox = new JournalInbox();
    const writer = await openWriter(t, url.href, writing);
    await eventually("a fault is reported", () => writing?.length === 1);
    assert.equal(await refusalOf(writer.append(frame("refused"))), "disconnected");

    await allow(".*", "^$", ".*");
    inbox.read(await openReader(t, url.href, reading));
    await eventually("writing is refused", async () => {
      return (await refusalOf(writer.append(frame("refused")))) === "refused";
    });
    await allow(".*", ".*", ".*");
    await appendInTheEnd(writer, "a");
    await inbox.has(1);
    assert.deepEqual(inbox.names, ["a"]);
    assert.deepEqual([writing, reading], [['RabbitMQ does not let "busbar.journal" be made'], []]);
  });

  it("is opened while RabbitMQ is away, and used when it has come", async (t) => {
    const url = new URL(await rabbitMq.newVhost());
    const brokerPort = Number(url.port);
    const [port = 0] = await freePorts(1);
    url.port = String(port);
    const { writer, inbox } = await openBoth(t, url.href);
    assert.equal(await refusalOf(writer.append(frame("nobody is there"))), "disconnected");
    const unused = await openWriter(t, url.href);
    await within("closed without RabbitMQ", unused.close(), 2_000);

    const sockets = new Set<{ destroy(): void }>();
    const server = createServer((client) => {
      const broker = connectSocket(brokerPort, "127.0.0.1");
      for (const [from, to] of [[client, broker] as const, [broker, client] as const]) {
        sockets.add(from);
        from.on("error", () => to.destroy()).pipe(to);
      }
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await appendInTheEnd(writer, "a");
    await inbox.has(1);
    assert.deepEqual([inbox.names, inbox.lost], [["a"], 0]);
  });

  it("writes nothing to a queue that has its name, reports it, and uses the name when it is free", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await channelOf(t, url);
    await admin.assertQueue(JOURNAL);
    const faults: string[] = [];
    const writer = await openWriter(t, url, faults);
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, url));
    await eventually("a fault is reported", () => faults.length === 1);
    assert.equal(await refusalOf(writer.append(frame("refused"))), "disconnected");
    assert.equal((await admin.checkQueue(JOURNAL)).messageCount, 0);
    await admin.deleteQueue(JOURNAL);
    await appendInTheEnd(writer, "a");
    await inbox.has(1);
    assert.deepEqual(faults, ['RabbitMQ does not let "busbar.journal" be made']);
  });

  it("refuses frames within seconds when a queue takes the name of a deleted stream, until the name is free", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await channelOf(t, url);
    const faults: string[] = [];
    const writer = await openWriter(t, url, faults);
    await appendInTheEnd(writer, "a");
    await admin.deleteQueue(JOURNAL);
    await admin.assertQueue(JOURNAL);
    await appendAll(writer, ["RabbitMQ confirms it, and it is lost"]);
    await eventually("writing is refused", async () => {
      return (await refusalOf(writer.append(frame("x")))) === "refused";
    });
    const { messageCount } = await admin.checkQueue(JOURNAL);
    // Longer than the first pause: it is refused again after it.
    for (const untilMs = performance.now() + 2_000; performance.now() < untilMs; await sleep(50))
      assert.equal(await refusalOf(writer.append(frame("x"))), "refused");
    assert.equal((await admin.checkQueue(JOURNAL)).messageCount, messageCount);
    assert.deepEqual(faults, ['RabbitMQ does not let "busbar.journal" be made']);
    await admin.deleteQueue(JOURNAL);
    await appendInTheEnd(writer, "b");
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, url));
    await inbox.has(1);
    assert.deepEqual(inbox.names, ["b"]);
  });

  it("uses a stream that exists with other arguments, and reports nothing", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await channelOf(t, url);
    await admin.assertQueue(JOURNAL, { arguments: { "x-queue-type": "stream", "x-max-age": "1h" } });
    const faults: string[] = [];
    const writer = await openWriter(t, url, faults);
    await appendInTheEnd(writer, "a");
    const inbox = new JournalInbox();
    inbox.read(await openReader(t, url, faults));
    await inbox.has(1);
    assert.deepEqual(faults, []);
  });
});

async function openWriter(t: TestContext, url: string, faults: string[] = []): Promise<JournalWriter> {
  const fault = (message: string): void => void faults.push(message);
  const writer = await within(
    "opened",
    openRabbitMqJournalWriter({ urls: [url], stream: JOURNAL, bounds: BOUNDS, fault }),
    1_000,
  );
  t.after(() => writer.close());
  return writer;
}

async function openReader(t: TestContext, url: string, faults: string[] = []): Promise<JournalReader> {
  const fault = (message: string): void => void faults.push(message);
  const reader = await within("opened", openRabbitMqJournalReader({ urls: [url], fault }), 1_000);
  t.after(() => reader.close());
  return reader;
}

async function openBoth(t: TestContext, url: string) {
  const inbox = new JournalInbox();
  inbox.read(await openReader(t, url));
  return { writer: await openWriter(t, url), inbox };
}

async function channelOf(t: TestContext, url: string) {
  const model = await connect(url);
  t.after(() => model.close());
  return await model.createChannel();
}
