import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const EACH = 150;
const FOREIGN = 20;

interface Listed {
  readonly id: string;
  readonly rule: string;
  readonly errorCode: string;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Redriving dead letters, on ${kind}`, () => {
    it("A redrive delivers the selected dead letters, through a crash of the router, and leaves the others unchanged", async (t) => {
      const mended = { one: false, two: false };
      const refusing: Behaviour = (call, response) => {
        if (mended.one) return succeed(call, response);
        response.writeHead(400).end();
      };
      const hanging: Behaviour = (call, response) => (mended.two ? succeed(call, response) : undefined);
      const [one, two] = [await RecordingFunction.start(refusing), await RecordingFunction.start(hanging)];
      t.after(() => Promise.all([one.stop(), two.stop()]));
      const queues = ["busbar.function.one", "busbar.function.two", "failed"];
      const broker = kind === "embedded" ? "embedded" : await freshVhost(t, queues);
      const config = `
queues: { failed: {} }
functions:
  one: { http: { url: "${one.url}" }, deadLetterConfig: { queue: failed } }
  two:
    http: { url: "${two.url}" }
    concurrency: ${EACH}
    timeoutSeconds: 1
    maximumRetryAttempts: 0
    deadLetterConfig: { queue: failed }
rules:
  one: { eventPattern: { source: [one] }, targets: { f: { function: one } } }
  two: { eventPattern: { source: [two] }, targets: { f: { function: two } } }
  foreign: { eventPattern: { source: [foreign] }, targets: { q: { queue: failed } } }
`;
      const router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
      t.after(() => router.remove());
      const deadLetters = (...args: readonly string[]) =>
        busbar(["dead-letters", ...args, "--queue", "failed", "--json", "--admin-url", router.adminUrl]);
      const list = async (...args: readonly string[]) =>
        JSON.parse((await deadLetters("list", "--limit", "1000", ...args)).stdout) as readonly Listed[];

      const put = new Map<string, Set<string>>();
      for (const [source, count] of [
        ["foreign", FOREIGN],
        ["one", EACH],
        ["two", EACH],
      ] as const) {
        const ids = new Set<string>();
        for (let index = 0; index < count; index += 10) {
          const answer = await router.put(Array.from({ length: 10 }, (_, n) => ({ source, detail: { n: index + n } })));
          for (const id of answer.eventIds) ids.add(String(id));
        }
        put.set(source, ids);
      }
      await eventually("all are dead", async () => (await router.depth("failed")) === 2 * EACH + FOREIGN, 30_000);

      assert.equal((await list()).length, 2 * EACH);
      const ofOne = await list("--rule", "one");
      assert.deepEqual(
        [...new Set(ofOne.map((each) => `${each.rule} ${each.errorCode}`))],
        ["default/one INVALID_PARAMETER"],
      );
      assert.equal(ofOne.length, EACH);
      assert.equal((await list("--error-code", "TIMEOUT", "--target", "function/two")).length, EACH);
      assert.equal((await list("--older-than", "1h")).length, 0);
      const ids = new Set(one.calls.map((call) => call.deliveryId));
      assert.deepEqual(new Set(ofOne.map((each) => each.id)), ids);
      await eventually("the looks are over", async () => (await router.depth("failed")) === 2 * EACH + FOREIGN);

      // The router dies in the middle of it.
      mended.one = true;
      const interrupted = deadLetters("redrive", "--rule", "one", "--rate", "50/s");
      await eventually("some are redriven", () => one.calls.length >= EACH + 40, 20_000);
      await router.kill();
      await router.launch();
      const left = (await list("--rule", "one")).length;
      assert.ok(left > 0 && left < EACH, `${left} left`);
      const jobs = async () =>
        JSON.parse((await busbar(["jobs", "list", "--json", "--admin-url", router.adminUrl])).stdout) as JobAnswer[];
      await eventually("the job is done", async () => (await jobs())[0]?.state === "done", 120_000);
      // The command asked at the former port.
      const { code, stderr } = await interrupted;
      assert.match(stderr, /where a router lives, the job goes on: /);
      assert.equal(code, 1);
      const redriven = () => one.calls.filter((call) => call.headers["busbar-redriven"] === "1");
      await eventually("all arrived", () => new Set(redriven().map((call) => call.eventId)).size === EACH, 30_000);
      assert.deepEqual(new Set(redriven().map((call) => call.deliveryId)), ids);
      // A crash makes a suspect of what it interrupted, and that is another attempt of the same delivery, not of another.
      assert.ok(redriven().every((call) => call.attempt === 1));
      assert.deepEqual((await list("--rule", "one")).length, 0);

      // The others are where they were, and go at the rate that is asked for.
      assert.equal((await list()).length, EACH);
      assert.equal(two.calls.length, EACH);
      mended.two = true;
      const limited = await deadLetters("redrive", "--rate", "50");
      const { state, removed, unredrivable } = JSON.parse(limited.stdout) as JobAnswer;
      assert.deepEqual([state, removed, unredrivable], ["done", EACH, {}]);
      await eventually("the second function got its own", () => two.calls.length === 2 * EACH);
      const times = two.calls.slice(EACH).map((call) => call.atMs);
      const perSecond = ((EACH - 1) * 1_000) / (Math.max(...times) - Math.min(...times));
      // When they are called depends on the machine too; test/integration/admin/redrive.test.ts has the rate to the letter.
      assert.ok(perSecond < 75, `${perSecond} a second`);
      assert.deepEqual(two.eventIds, put.get("two"));
      for (const [index, call] of two.calls.entries()) {
        const first = two.calls.find((each) => each.eventId === call.eventId);
        assert.deepEqual(call.body, first?.body);
        assert.equal(call.headers["busbar-redriven"], index < EACH ? undefined : "1");
      }

      // What is no dead letter has not been touched.
      await eventually("only those are left", async () => (await router.depth("failed")) === FOREIGN);
      const foreign = await router.receive("failed");
      assert.deepEqual(new Set(foreign.map(({ body }) => (JSON.parse(body) as { id: string }).id)), put.get("foreign"));
      assert.ok(foreign.every(({ headers }) => headers["busbar-redriven"] === undefined));
    });
  });
}
