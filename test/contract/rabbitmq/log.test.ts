import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { connect } from "amqplib";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import { CONTROL_LOG } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { startRabbitMq, type RabbitMq } from "../../support/rabbitmq/rabbitmq.ts";
import { startTcpProxy, through } from "../../support/http/tcp-proxy.ts";
import { eventually, within } from "../waiting.ts";

/** What goes wrong with a stream in particular, on a node that may be killed. */
describe("The control log on RabbitMQ on a bad day", { timeout: 300_000 }, () => {
  let rabbitMq: RabbitMq;
  before(async () => {
    rabbitMq = await startRabbitMq();
  });
  after(() => rabbitMq.remove());

  it("tells a router that was cut off what others appended meanwhile, and nothing twice", async (t) => {
    const url = await rabbitMq.newVhost();
    const proxy = await startTcpProxy(Number(new URL(url).port));
    t.after(() => proxy.close());
    const [cutOff, other] = [await open(t, through(proxy, url)), await open(t, url)];
    const heard = await follow(cutOff);
    await appendAll(cutOff, ["a", "b"]);
    await eventually("two are heard", () => heard.length === 2);
    proxy.stall();
    proxy.cut();
    await appendAll(other, ["c", "d"]);
    assert.deepEqual(heard, ["a", "b"]);
    proxy.resume();
    await eventually("the others are heard", () => heard.length === 4);
    await appendInTheEnd(cutOff, "e");
    await eventually("the last is heard", () => heard.length === 5);
    assert.deepEqual(heard, ["a", "b", "c", "d", "e"]);
  });

  it("tells all routers one order of what two of them append at once", async (t) => {
    const url = await rabbitMq.newVhost();
    const [one, two] = [await open(t, url), await open(t, url)];
    const heard = [await follow(one), await follow(two)];
    const append = (broker: Broker, name: string) =>
      Promise.all(Array.from({ length: 50 }, (_, n) => broker.append(Buffer.from(`${name} ${n}`))));
    await Promise.all([append(one, "one"), append(two, "two")]);
    await eventually("both have heard all", () => heard.every(({ length }) => length === 100));
    assert.equal(new Set(heard[0]).size, 100);
    assert.deepEqual(heard[0], heard[1]);
    assert.deepEqual(await follow(one), heard[0]);
  });

  it("keeps every confirmed record through restarts and kills of its node, and goes on by itself", async (t) => {
    const broker = await open(t, await rabbitMq.newVhost());
    const heard = await follow(broker);
    const expected: string[] = [];
    for (const end of [() => rabbitMq.stop(), () => rabbitMq.kill(), () => rabbitMq.kill()]) {
      const record = `before end ${expected.length}`;
      await appendInTheEnd(broker, record);
      expected.push(record);
      await end();
      await assert.rejects(broker.append(Buffer.from("nobody is there")));
      await rabbitMq.start();
    }
    await appendInTheEnd(broker, "after");
    expected.push("after");
    await eventually("all are heard", () => unique(heard).length >= expected.length, 60_000);
    // An append that was not confirmed may have been stored all the same, and was made again then.
    assert.deepEqual(unique(heard), expected);
    assert.deepEqual(await follow(broker), heard);
  });

  it("makes a deleted log again, tells a person, and is heard on it", async (t) => {
    const url = await rabbitMq.newVhost();
    const faults: string[] = [];
    const [one, two] = [await open(t, url, faults), await open(t, url)];
    const heard = [await follow(one), await follow(two)];
    await appendAll(one, ["a", "b", "c"]);
    await eventually("all are heard", () => heard.every((each) => each.length === 3));
    const admin = await connect(url);
    t.after(() => admin.close());
    await (await admin.createChannel()).deleteQueue(CONTROL_LOG);
    await appendInTheEnd(one, "d");
    await eventually("both hear the new log", () => heard.every((each) => each.at(-1) === "d"));
    assert.deepEqual(heard[0], ["a", "b", "c", "d"]);
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", /^"busbar\.control" was deleted and made again/);
  });

  it("uses a log that exists with other arguments, and tells nobody", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await connect(url);
    t.after(() => admin.close());
    const channel = await admin.createChannel();
    await channel.assertQueue(CONTROL_LOG, { arguments: { "x-queue-type": "stream" } });
    const faults: string[] = [];
    const broker = await open(t, url, faults);
    const heard = await follow(broker);
    await broker.append(Buffer.from("a"));
    await eventually("it is heard", () => heard.length === 1);
    assert.deepEqual(faults, []);
  });

  it("tells a person of a queue that has the log's name, and reads the log once that is deleted", async (t) => {
    const url = await rabbitMq.newVhost();
    const admin = await connect(url);
    t.after(() => admin.close());
    const channel = await admin.createChannel();
    await channel.assertQueue(CONTROL_LOG, { arguments: { "x-queue-type": "quorum" } });
    const faults: string[] = [];
    const broker = await open(t, url, faults);
    const heard: string[] = [];
    const following = broker.follow((record) => heard.push(record.toString()));
    await eventually("a person is told", () => faults.length > 0, 60_000);
    assert.deepEqual([faults, heard], [['RabbitMQ does not let "busbar.control" be read'], []]);
    await channel.deleteQueue(CONTROL_LOG);
    await within("followed", following, 60_000);
    await appendInTheEnd(broker, "a");
    await eventually("it is heard", () => heard.length === 1);
  });
});

async function open(t: TestContext, url: string, faults: string[] = []): Promise<Broker> {
  const events = { fault: (message: string) => void faults.push(message) };
  const broker = await within("opened", connectRabbitMq({ urls: [url], events }));
  t.after(() => broker.close());
  return broker;
}

/** What the broker tells of the log, as it comes. */
async function follow(broker: Broker): Promise<string[]> {
  const heard: string[] = [];
  await within(
    "followed",
    broker.follow((record) => heard.push(record.toString())),
  );
  return heard;
}

async function appendAll(broker: Broker, records: readonly string[]): Promise<void> {
  for (const record of records) await broker.append(Buffer.from(record));
}

async function appendInTheEnd(broker: Broker, record: string): Promise<void> {
  await eventually(
    `"${record}" is appended`,
    () =>
      broker.append(Buffer.from(record)).then(
        () => true,
        () => false,
      ),
    60_000,
  );
}

function unique(records: readonly string[]): string[] {
  return [...new Set(records)];
}
