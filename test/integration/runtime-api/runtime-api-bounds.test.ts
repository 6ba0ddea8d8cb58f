import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { AnswerRoom } from "../../../src/edge/runtime-api/answer-room.ts";
import { eventually, within } from "../../contract/waiting.ts";
import {
  Broadcasts,
  HOST,
  invocation,
  poll,
  PREFIX,
  request,
  startGateway,
} from "../../support/functions/runtime-api-client.ts";

const MIB = 1_024 * 1_024;

/** A connection that has sent some text, and what came back. */
async function connection(t: TestContext, port: number, text: string) {
  const socket = net.connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  let received = "";
  let isClosed = false;
  socket.on("data", (chunk) => (received += chunk.toString()));
  socket.on("error", () => undefined);
  socket.on("close", () => (isClosed = true));
  await once(socket, "connect");
  socket.write(text);
  return {
    socket,
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
  };
}

/** The first part of a request with a body that will never end. */
function unending(host: string, id: string): string {
  return `POST ${PREFIX}invocation/${id}/response HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${6 * MIB}\r\n\r\n`;
}

describe("The Runtime API's port", () => {
  it("The Runtime API's port refuses a function that is not configured before a body is read, and closes the connection", async (t) => {
    const gateway = await startGateway(t);
    const stranger = await connection(t, gateway.port, unending("nobody.busbar:9001", "1"));
    await eventually("it is refused", () => stranger.received.startsWith("HTTP/1.1 404"));
    assert.match(stranger.received, /FunctionNotFound/);
    assert.match(stranger.received, /connection: close/i);
    await eventually("the connection is closed", () => stranger.isClosed);
    assert.deepEqual(gateway.late, []);
  });

  it("The Runtime API's port refuses an answer that nobody waits for before its body is read, and sends other routers nothing but its id", async (t) => {
    const broker = new Broadcasts();
    const gateway = await startGateway(t, { broker: broker.connect(), discardMsMax: 200 });
    await startGateway(t, { broker: broker.connect() });
    const stranger = await connection(t, gateway.port, unending(HOST, "1"));
    stranger.socket.write("x".repeat(MIB));
    await eventually("it is refused", () => stranger.received.startsWith("HTTP/1.1 400"), 20_000);
    assert.match(stranger.received, /InvalidRequestID/);
    assert.ok(
      broker.bodies.every((body) => body.length < 1_000),
      "no body is broadcast",
    );
    assert.deepEqual(broker.sent, []);
    await eventually("a body that does not end is cut off", () => stranger.isClosed, 5_000);
  });

  it("The Runtime API's port refuses answers when too many questions to other routers are open", async (t) => {
    const gateway = await startGateway(t);
    const statuses = await Promise.all(
      Array.from({ length: 600 }, async (_, n) => {
        return (await request(gateway.port, `POST invocation/${n}/response`, { body: "1" })).status;
      }),
    );
    assert.ok(statuses.includes(503), "some are refused at once");
    assert.ok(statuses.includes(400), "the others find nobody");
  });

  it("The Runtime API's port closes a stranger's connection when there are too many, and keeps an environment's", async (t) => {
    let exceeded = 0;
    const connectionLimit = { max: 8, exceeded: () => exceeded++ };
    const gateway = await startGateway(t, { connectionLimit });
    const leave = new AbortController();
    const polled = poll(gateway.port, { signal: leave.signal });
    const waiting = await gateway.nextPoll();
    const silent: Awaited<ReturnType<typeof connection>>[] = [];
    for (let n = 0; n < 10; n++) silent.push(await connection(t, gateway.port, ""));
    await eventually("the oldest are closed", () => silent.filter(({ isClosed }) => isClosed).length >= 6);
    assert.ok(exceeded >= 6);
    assert.equal(waiting.gone.aborted, false);
    leave.abort();
    assert.equal(await polled, null);
  });

  it("The Runtime API's port closes a connection without a request", async (t) => {
    const gateway = await startGateway(t, { headersMsMax: 200 });
    const silent = await connection(t, gateway.port, "");
    const slow = await connection(t, gateway.port, `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: `);
    await eventually("both are closed", () => silent.isClosed && slow.isClosed, 5_000);
  });

  it("The Runtime API's port closes a connection that asks again before it was answered", async (t) => {
    const gateway = await startGateway(t);
    const next = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    const pipelining = await connection(t, gateway.port, next.repeat(1_000));
    await eventually("the connection is closed", () => pipelining.isClosed);
    assert.ok(gateway.polls.length <= 1, `${gateway.polls.length} polls`);
  });

  it(
    "The Runtime API's port bounds what unfinished headers take up together, and goes on serving",
    { timeout: 60_000 },
    async (t) => {
      const gateway = await startGateway(t);
      const head = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\nX: `;
      const strangers = await Promise.all(Array.from({ length: 48 }, () => connection(t, gateway.port, head)));
      for (const { socket } of strangers) socket.write("x".repeat(MIB));
      await eventually("some are closed", () => strangers.some(({ isClosed }) => isClosed), 20_000);
      assert.ok(strangers.some(({ isClosed }) => !isClosed));
      const given = invocation();
      const { outcome } = await gateway.handOut(given, { timeoutMs: 30_000 });
      assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 202);
      assert.equal((await outcome) !== "gone", true);
    },
  );

  it("The Runtime API's port refuses a header that is longer than AWS takes", async (t) => {
    const gateway = await startGateway(t);
    const head = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${HOST}\r\nX: ${"x".repeat(2 * MIB)}\r\n\r\n`;
    const stranger = await connection(t, gateway.port, head);
    await eventually("it is closed", () => stranger.isClosed);
    assert.deepEqual(gateway.polls, []);
  });

  it(
    "The Runtime API's port makes answers wait when their room is full, and takes all of them in the end",
    { timeout: 60_000 },
    async (t) => {
      const gateway = await startGateway(t, { roomBytes: MIB });
      const body = `"${"x".repeat(3 * MIB)}"`;
      const all = Array.from({ length: 6 }, async () => {
        const given = invocation();
        const { outcome } = await gateway.handOut(given, { timeoutMs: 50_000 });
        const { status } = await request(gateway.port, `POST invocation/${given.id}/response`, { body });
        const settled = await outcome;
        assert.ok(settled !== "gone" && settled.responseJson?.length === body.length);
        return status;
      });
      assert.deepEqual(new Set(await within("all answers", Promise.all(all), 50_000)), new Set([202]));
    },
  );

  it("The Runtime API's port reads no more of an answer when its invocation has ended", async (t) => {
    const gateway = await startGateway(t);
    const given = invocation();
    const { outcome } = await gateway.handOut(given, { timeoutMs: 500 });
    const slow = await connection(t, gateway.port, unending(HOST, given.id));
    slow.socket.write("x");
    assert.equal((await outcome) !== "gone", true);
    await eventually("it is refused", () => slow.received.startsWith("HTTP/1.1 400"), 20_000);
    assert.deepEqual(gateway.late, ["audit"]);
  });

  it("The Runtime API's port keeps a connection whose environment works on an invocation", async (t) => {
    const gateway = await startGateway(t);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    for (let n = 0; n < 3; n++) {
      const given = invocation();
      const { outcome } = await gateway.handOut(given, { agent });
      const answered = await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1", agent });
      assert.match(answered.headers.connection ?? "", /keep-alive/i);
      await outcome;
    }
  });
});

describe("The room of answers", () => {
  function bodyIn(room: AnswerRoom) {
    const body = { isPaused: false, place: room.enter({ pause: () => set(true), resume: () => set(false) }) };
    const set = (value: boolean): void => void (body.isPaused = value);
    return body;
  }

  it("The room of answers pauses all bodies but the oldest when it is full, and resumes them when the oldest has left", () => {
    const room = new AnswerRoom(100_000);
    const [one, two, three] = [bodyIn(room), bodyIn(room), bodyIn(room)];
    two.place.add(90_000);
    one.place.add(20_000);
    three.place.add(1);
    two.place.add(1);
    assert.deepEqual([one.isPaused, two.isPaused, three.isPaused], [false, true, true]);
    one.place.leave();
    one.place.leave();
    assert.deepEqual([two.isPaused, room.usedBytes], [false, 90_002]);
    two.place.leave();
    three.place.leave();
    assert.equal(room.usedBytes, 0);
  });
});
