import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { RequestListener } from "node:http";
import request from "supertest";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { DEAD_LETTER_QUEUE, declarationOf, PARKED_QUEUE } from "../../../src/domain/queue/queues.ts";
import type { AdminAppOptions, Running } from "../../../src/edge/admin/admin-app.ts";
import { listen } from "../../../src/edge/http/server.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { eventually } from "../../contract/waiting.ts";
import { adminAppOf, runningWith, VERSION } from "../../support/http/admin-app.ts";
import { sampleConfig } from "../../support/sample.ts";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Record<string, unknown>;
}

const get = async (app: RequestListener, path: string): Promise<Answer> => answer(await request(app).get(path));
const post = async (app: RequestListener, path: string, headers = {}): Promise<Answer> =>
  answer(await request(app).post(path).set(headers));

function answer({ status, headers, text }: request.Response): Answer {
  return { status, headers: headers, body: JSON.parse(text) as Record<string, unknown> };
}

function message(id: string, body: string | Buffer = `{"id":"${id}"}`): Message {
  return { queue: "orders", id, body: Buffer.from(body), headers: { "busbar-rule": "big" } };
}

describe("the admin port", () => {
  let folder: string;
  let broker: Broker;
  let faults: unknown[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-admin-"));
    broker = await openSqliteBroker({ folder, events: {} });
    await broker.declare(["orders", "failed", DEAD_LETTER_QUEUE, PARKED_QUEUE, "busbar.function.f"].map(declarationOf));
    faults = [];
  });
  afterEach(async () => {
    await broker.close();
    await rm(folder, { recursive: true });
  });

  const admin = (changes: Partial<AdminAppOptions> = {}): RequestListener =>
    adminAppOf({
      router: () => runningWith(broker),
      config: () => sampleConfig({ queues: ["orders", "failed"] }),
      report: (error) => faults.push(error),
      ...changes,
    });
  const adminOver = (changed: Partial<Running["broker"]>): RequestListener =>
    admin({ router: () => runningWith({ ...bound(broker), ...changed }) });
  const ready = async (): Promise<number | undefined> => (await broker.depth("orders"))?.ready;

  it("/metrics has the metrics page as it is", async () => {
    const { status, headers, text } = await request(admin()).get("/metrics");
    assert.deepEqual([status, headers["content-type"], text], [200, "text/plain; version=0.0.4", "up 1\n"]);
    assert.equal(headers["x-powered-by"], undefined);
  });

  it("/livez is always alive, and /readyz ready when the router is", async () => {
    const draining = admin({ readiness: () => ({ ready: false, reason: "draining" }) });
    assert.deepEqual((await get(draining, "/livez")).status, 200);
    const notReady = await get(draining, "/readyz");
    assert.deepEqual([notReady.status, notReady.body], [503, { ready: false, reason: "draining" }]);
    const isReady = await get(admin(), "/readyz");
    assert.deepEqual([isReady.status, isReady.body], [200, { ready: true }]);
  });

  it("the queue list has the configured queues and the two for failures, with their depths", async () => {
    await broker.publish([message("1"), message("2")]);
    const { status, headers, body } = await get(admin(), "/api/v1/queues");
    assert.deepEqual([status, headers["busbar-version"]], [200, VERSION]);
    assert.deepEqual(body, {
      queues: [
        { name: "orders", ready: 2, consumers: 0, origin: "file" },
        { name: "failed", ready: 0, consumers: 0, origin: "file" },
        { name: DEAD_LETTER_QUEUE, ready: 0, consumers: 0, origin: "busbar" },
        { name: PARKED_QUEUE, ready: 0, consumers: 0, origin: "busbar" },
      ],
    });
  });

  it("the queue list says from which queues one has dead letters, the first ten of them", async () => {
    const sources = Array.from({ length: 11 }, (_, index) => `from-${index}`);
    const redrivePolicy = { queue: "failed", maxReceiveCount: 3 };
    const each = [{ name: "failed" }, ...sources.map((name) => ({ name, redrivePolicy }))];
    const queues = new Map(each.map((queue) => [queue.name, queue]));
    const { body } = await get(admin({ config: () => ({ ...sampleConfig({}), queues }) }), "/api/v1/queues");
    const listed = body["queues"] as { name: string; deadLetterSources?: readonly string[] }[];
    const failed = listed.find(({ name }) => name === "failed");
    assert.deepEqual(failed?.deadLetterSources, sources.slice(0, 10));
    assert.ok(listed.every(({ name, deadLetterSources }) => name === "failed" || deadLetterSources === undefined));
  });

  it("a peek shows as many messages as asked for, and leaves them", async () => {
    await broker.publish([message("1"), message("2"), message("3")]);
    const { status, body } = await post(admin(), "/api/v1/queues/orders/peek?limit=2");
    assert.equal(status, 200);
    const messages = body["messages"] as { id: string; headers: Record<string, unknown>; body: string }[];
    assert.deepEqual(
      messages.map(({ id, body: text }) => [id, text]),
      [
        ["1", '{"id":"1"}'],
        ["2", '{"id":"2"}'],
      ],
    );
    assert.equal(messages[0]?.headers["busbar-rule"], "big");
    await eventually("all are ready again", async () => (await ready()) === 3);
  });

  it("a peek and a receive show at most 8 MiB of bodies, and say that there may be more", async () => {
    const mebibyte = "x".repeat(1_048_576);
    await broker.publish(
      Array.from({ length: 12 }, (_, n) => ({ ...message(String(n)), body: Buffer.from(mebibyte) })),
    );
    for (const action of ["peek", "receive"]) {
      const query = action === "peek" ? "limit=100" : "limit=100&delete=true";
      const { body } = await post(admin(), `/api/v1/queues/orders/${action}?${query}`);
      assert.deepEqual([(body["messages"] as unknown[]).length, body["end"]], [8, "bytes"], action);
      await eventually("the rest is ready", async () => (await ready()) === (action === "peek" ? 12 : 4));
    }
    const { body } = await post(admin(), "/api/v1/queues/orders/peek?limit=100");
    assert.deepEqual([(body["messages"] as unknown[]).length, body["end"]], [4, "finished"]);
  });

  it("a receive that deletes removes the messages, and answers with fewer when there are no more", async () => {
    await broker.publish([message("1"), message("2"), message("3")]);
    const ids = async (limit: number): Promise<string[]> => {
      const { status, body } = await post(admin(), `/api/v1/queues/orders/receive?delete=true&limit=${limit}`);
      assert.equal(status, 200);
      return (body["messages"] as { id: string }[]).map(({ id }) => id);
    };
    assert.deepEqual(await ids(2), ["1", "2"]);
    assert.deepEqual(await ids(2), ["3"]);
    assert.deepEqual(await ids(2), []);
  });

  it("a receive whose caller has gone gives the messages back", async () => {
    await broker.publish([message("1")]);
    let ended = 0;
    const gone = Promise.withResolvers<undefined>();
    const app = adminOver({
      browse: async (queue) => {
        const browsing = await broker.browse(queue);
        const next = async (limit: number) => {
          const step = await browsing.next(limit);
          socket.destroy();
          await gone.promise;
          return step;
        };
        return {
          get met() {
            return browsing.met;
          },
          next,
          end: () => (ended++, browsing.end()),
        };
      },
    });
    const server = await listen(
      (incoming, response) => {
        response.once("close", () => gone.resolve(undefined));
        app(incoming, response);
      },
      { host: "127.0.0.1", port: 0 },
    );
    const socket = connect(server.port, "127.0.0.1");
    socket.write("POST /api/v1/queues/orders/receive?limit=1&delete=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually("it is ready again", async () => ended === 1 && (await ready()) === 1);
    await server.close(0);
  });

  it("a body that is not UTF-8 is shown in base64 too", async () => {
    await broker.publish([message("1", Buffer.from([255, 0]))]);
    const { body } = await post(admin(), "/api/v1/queues/orders/peek");
    const [shown] = body["messages"] as { body: string; bodyBase64: string }[];
    assert.deepEqual([shown?.body, shown?.bodyBase64], ["\ufffd\u0000", "/wA="]);
  });

  it("a purge empties a queue and says how many messages were in it", async () => {
    await broker.publish([message("1"), message("2")]);
    const { status, body } = await post(admin(), "/api/v1/queues/orders/purge");
    assert.deepEqual([status, body], [200, { purged: 2 }]);
    assert.equal(await ready(), 0);
  });

  it("queues that are not open are answered with 404", async () => {
    for (const queue of ["busbar.function.f", "Orders", "nothing", "busbar.suspect"]) {
      for (const action of ["peek", "receive", "purge"]) {
        const { status, headers, body } = await post(admin(), `/api/v1/queues/${queue}/${action}`);
        assert.equal(status, 404);
        assert.equal(headers["content-type"], "application/problem+json");
        assert.match(String(body["detail"]), new RegExp(`^there is no queue "${queue}"`));
      }
    }
  });

  it("a limit that is not 1 to 100, or given twice, is refused", async () => {
    const refusal = async (limit: string): Promise<readonly unknown[]> => {
      const { status, body } = await post(admin(), `/api/v1/queues/orders/peek?limit=${limit}`);
      return [status, body["detail"]];
    };
    for (const limit of ["0", "101", "-1", "1.5", "x", ""]) {
      assert.deepEqual(await refusal(limit), [400, `limit must be 1..100, got "${limit}"`]);
    }
    assert.deepEqual(await refusal("1&limit=2"), [400, "limit must have one value"]);
  });

  it("a page in a browser cannot purge a queue", async () => {
    await broker.publish([message("1")]);
    const { status } = await post(admin(), "/api/v1/queues/orders/purge", { origin: "http://evil.example" });
    assert.equal(status, 403);
    assert.equal(await ready(), 1);
  });

  it("everything about the broker is answered with 503 while the router starts", async () => {
    const starting = admin({ router: () => ({ state: "starting" }) });
    for (const path of ["/api/v1/queues", "/api/v1/dead-letters", "/api/v1/paused"]) {
      const { status, headers, body } = await get(starting, path);
      assert.deepEqual([status, headers["retry-after"]], [503, "1"], path);
      assert.equal(body["detail"], "the router is starting: it waits for the broker");
    }
  });

  it("a broker that is away is answered with 503, and one that fails is reported too", async () => {
    const away = adminOver({ state: "disconnected" });
    const disconnected = await get(away, "/api/v1/queues");
    assert.deepEqual([disconnected.status, disconnected.headers["retry-after"]], [503, "1"]);
    assert.equal((await get(away, "/livez")).status, 200);

    const bug = new Error("channel closed");
    const failing = adminOver({ purge: () => Promise.reject(bug) });
    const failed = await post(failing, "/api/v1/queues/orders/purge");
    assert.deepEqual([failed.status, failed.body["detail"]], [503, "the broker did not answer"]);
    assert.deepEqual(faults, [bug]);
  });

  it("unknown paths are answered with problem details", async () => {
    for (const path of ["/", "/api/v1", "/api/v1/queues/orders/receive"]) {
      const { status, headers } = await get(admin(), path);
      assert.deepEqual([status, headers["content-type"]], [404, "application/problem+json"]);
    }
  });
});

/** The part of a broker that the admin port uses, as a plain object. */
function bound(broker: Broker): Running["broker"] {
  return {
    state: broker.state,
    depth: (queue) => broker.depth(queue),
    peek: (queue, limit) => broker.peek(queue, limit),
    browse: (queue) => broker.browse(queue),
    purge: (queue) => broker.purge(queue),
  };
}
