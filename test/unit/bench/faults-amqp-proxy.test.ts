import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { FrameReader, methodFrame } from "../../support/rabbitmq/amqp-frames.ts";
import { AmqpProxy } from "../../support/rabbitmq/amqp-proxy.ts";

const CHANNEL = 1;
const OTHER = 2;
const HELLO = Buffer.from("AMQP\0\0\x09\x01", "latin1");

/** A proxy between two sockets that say what the test wants, and note the methods that they are told. */
async function link(t: TestContext) {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const proxy = await AmqpProxy.start(`amqp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.after(() => proxy.close());
  const router = connect(Number(new URL(proxy.through("amqp://127.0.0.1")).port), "127.0.0.1");
  const [broker] = (await once(server, "connection")) as [Socket];
  for (const socket of [router, broker]) socket.on("error", () => undefined);
  const told = { router: [] as unknown[], broker: [] as unknown[] };
  const readers = { router: new FrameReader("toRouter"), broker: new FrameReader("toBroker") };
  router.on("data", (chunk) => told.router.push(...readers.router.read(chunk).map(({ method }) => method)));
  broker.on("data", (chunk) => told.broker.push(...readers.broker.read(chunk).map(({ method }) => method)));
  router.write(HELLO);
  router.write(methodFrame(CHANNEL, "confirm.select"));
  await eventually("the broker is asked", () => told.broker.includes("confirm.select"));
  broker.write(methodFrame(CHANNEL, "confirm.select-ok"));
  await eventually("the router is answered", () => told.router.includes("confirm.select-ok"));
  return { proxy, router, broker, told };
}

describe("the fault bench's proxy that closes channels", () => {
  it("The AMQP proxy closes the router's channel only after the broker has closed it, so that it may be opened again at once", async (t) => {
    const { proxy, router, broker, told } = await link(t);
    assert.equal(proxy.closeChannels(), 1);
    await eventually("the broker is told", () => told.broker.at(-1) === "channel.close");
    broker.write(methodFrame(OTHER, "basic.qos"));
    await eventually("the router has what the broker said before", () => told.router.at(-1) === "basic.qos");
    assert.ok(!told.router.includes("channel.close"));

    broker.write(methodFrame(CHANNEL, "channel.close-ok"));
    await eventually("the router is told", () => told.router.at(-1) === "channel.close");
    router.write(methodFrame(CHANNEL, "channel.close-ok"));
    router.write(methodFrame(CHANNEL, "channel.open"));
    await eventually("the router opens it again", () => told.broker.at(-1) === "channel.open");
    assert.ok(!told.broker.includes("channel.close-ok"));
  });

  it("The AMQP proxy answers a router that closes the same channel at the same time", async (t) => {
    const { proxy, router, broker, told } = await link(t);
    proxy.closeChannels();
    router.write(methodFrame(CHANNEL, "channel.close"));
    router.write(methodFrame(OTHER, "channel.open"));
    await eventually("the broker has what the router said after", () => told.broker.at(-1) === "channel.open");
    assert.equal(told.broker.filter((method) => method === "channel.close").length, 1);

    broker.write(methodFrame(CHANNEL, "channel.close-ok"));
    await eventually("the router is answered", () => told.router.at(-1) === "channel.close-ok");
    assert.ok(!told.router.includes("channel.close"));
  });
});
