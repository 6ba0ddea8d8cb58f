import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { ReplayCountAnswer } from "../../../src/admin-api/replays/replays.ts";
import { eventually } from "../../contract/waiting.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const EVENTS = 12;
const QUEUES = ["log", "busbar.archive.0d.0b.kept"];

const numberIn = (event: unknown): number => (event as { readonly detail: { readonly n: number } }).detail.n;

for (const broker of ["embedded", "RabbitMQ"] as const) {
  describe(`A replay of what is not delivered (${broker})`, () => {
    it("gives each target what it has not had, by the journal of all routers, and then nothing more", async (t) => {
      let isDown = true;
      const fn = await RecordingFunction.start((call, response) => {
        if (isDown && numberIn(call.body) % 3 === 0) response.statusCode = 400;
        response.setHeader("content-type", "application/json").end("{}");
      });
      t.after(() => fn.stop());
      const config = `
journal: {}
queues: { log: {} }
archives: { kept: { bus: default } }
functions:
  work: { http: { url: "${fn.url}" }, maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 }
rules:
  all:
    eventPattern: { source: [shop] }
    targets:
      log: { queue: log }
      work: { function: work }
`;
      const env = broker === "embedded" ? {} : { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
      const one = await Router.start({ config, env });
      t.after(() => one.remove());
      const other = broker === "embedded" ? one : await Router.start({ config, env });
      t.after(() => other.remove());

      const put = (router: Router, numbers: readonly number[]) =>
        router.put(numbers.map((n) => ({ source: "shop", detail: { n } })));
      const numbers = Array.from({ length: EVENTS }, (_, n) => n);
      await put(one, numbers.slice(0, 6));
      await put(other, numbers.slice(6));
      await eventually("all are tried", () => fn.calls.length >= EVENTS);
      isDown = false;

      const asked = ["kept", "--from", "1h", "--only-undelivered", "--json", "--admin-url", other.adminUrl];
      const count = async () => {
        const { code, stdout, stderr } = await busbar(["replays", "count", ...asked]);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as ReplayCountAnswer;
      };
      await eventually("the journal has all", async () => {
        const { events, leftOut } = await count();
        return events === 4 && leftOut?.delivered === 8 && leftOut.unknown === 0;
      });
      assert.deepEqual((await count()).rules, [{ bus: "default", rule: "all", events: 4 }]);
      const logged = async () => (await other.receive("log")).map(({ body }) => numberIn(JSON.parse(body)));
      await eventually("the queue is empty", async () => (await logged()).length === 0);
      const before = fn.calls.length;

      const replay = async (name: string) => {
        const { code, stdout, stderr } = await busbar(["replays", "start", "--name", name, ...asked]);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as JobAnswer;
      };
      const first = await replay("first");
      assert.deepEqual([first.state, first.removed, first.leftOut], ["done", 4, { delivered: 8, unknown: 0 }]);
      await eventually("they are called", () => fn.calls.length >= before + 4);
      const again = fn.calls.slice(before).map(({ body }) => numberIn(body));
      assert.deepEqual(
        again.toSorted((a, b) => a - b),
        [0, 3, 6, 9],
      );
      assert.deepEqual(await logged(), []);

      await eventually("the journal has their success", async () => (await count()).events === 0);
      const second = await replay("second");
      assert.deepEqual([second.state, second.removed, second.leftOut], ["done", 0, { delivered: 12, unknown: 0 }]);
      assert.equal(fn.calls.length, before + 4);
    });
  });
}

describe("Without a journal", () => {
  it("only what is not delivered cannot be replayed, and the answer says why", async (t) => {
    const router = await Router.start({ config: "archives: { kept: { bus: default } }\n" });
    t.after(() => router.remove());
    const asked = ["kept", "--from", "1h", "--only-undelivered", "--admin-url", router.adminUrl];
    const { code, stderr } = await busbar(["replays", "count", ...asked]);
    assert.notEqual(code, 0);
    assert.match(stderr, /onlyUndelivered needs a journal/);
  });
});
