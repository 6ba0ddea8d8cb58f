import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import type { Call } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

interface Given {
  readonly id: string;
  readonly source: string;
  readonly detail: { readonly n: number; readonly key?: string; readonly fails?: "alone" | "all" };
}

/** The events of a call. */
function eventsOf({ body }: Call): readonly Given[] {
  return body as readonly Given[];
}

function configOf(url: string): string {
  return `
functions:
  collect: { http: { url: "${url}" }, maximumRetryAttempts: 1, retryIntervalsSeconds: [1] }
queues: { dead: {} }
rules:
  size: { eventPattern: { source: [size] }, targets: { c: { function: collect, batch: { size: 3, windowSeconds: 300 } } } }
  window: { eventPattern: { source: [window] }, targets: { c: { function: collect, batch: { size: 100, windowSeconds: 1 } } } }
  groups:
    eventPattern: { source: [groups] }
    targets: { c: { function: collect, batch: { size: 2, windowSeconds: 300, groupBy: $.detail.key } } }
  failing:
    eventPattern: { source: [failing] }
    targets:
      c: { function: collect, batch: { size: 3, windowSeconds: 1 }, deadLetterConfig: { queue: dead } }
  restarts: { eventPattern: { source: [restarts] }, targets: { c: { function: collect, batch: { size: 5, windowSeconds: 300 } } } }
`;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Batches of a rule's target, on ${kind}`, () => {
    let collect: RecordingFunction;
    let router: Router;

    const endings = suiteEndings();
    before(async () => {
      collect = await RecordingFunction.start((call, response) => {
        const events = eventsOf(call);
        const failed = events.filter(({ detail }) => detail.fails === "alone");
        if (events.some(({ detail }) => detail.fails === "all")) return void response.writeHead(400).end("{}");
        const answer = { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
        response.end(JSON.stringify(answer));
      });
      endings.after(() => collect.stop());
      const queues = ["dead", "busbar.batch.collect", "busbar.function.collect"];
      const broker = kind === "embedded" ? "embedded" : await freshVhost(endings, queues);
      router = await Router.start({ config: configOf(collect.url), env: { BUSBAR_BROKER: broker } });
      endings.after(() => router.remove());
    });

    const put = async (source: string, ...details: readonly Omit<Given["detail"], "n">[]): Promise<void> => {
      const { status } = await router.put(details.map((detail, n) => ({ source, detail: { n, ...detail } })));
      assert.equal(status, 200);
    };
    /** The events of each call that had some of that source. */
    const callsOf = (source: string) =>
      collect.calls.map(eventsOf).filter((events) => events.some((event) => event.source === source));
    const called = (source: string, calls: number): Promise<void> =>
      eventually(`${calls} calls of ${source}`, () => callsOf(source).length >= calls);
    /** Which dead letters there are, by the number of their event. */
    const deadLetters = async (): Promise<readonly number[]> => {
      const letters = await router.receive("dead");
      return letters.map(({ body }) => (JSON.parse(body) as Given).detail.n).sort();
    };

    it("A call is made with as many events as a batch has, however long its window is", async () => {
      await put("size", {}, {}, {}, {});
      await called("size", 1);
      assert.deepEqual(callsOf("size")[0]?.map(({ detail }) => detail.n).length, 3);
      await put("size", {}, {});
      await called("size", 2);
      assert.equal(callsOf("size").flat().length, 6);
    });

    it("A call is made with what there is when the window is over", async () => {
      await put("window", {}, {});
      await called("window", 1);
      assert.deepEqual(
        callsOf("window").map((events) => events.length),
        [2],
      );
    });

    it("A call has events of one group", async () => {
      await put("groups", { key: "a" }, { key: "b" }, { key: "b" }, { key: "a" });
      await called("groups", 2);
      const keys = callsOf("groups").map((events) => events.map(({ detail }) => detail.key).join(""));
      assert.deepEqual(keys.sort(), ["aa", "bb"]);
    });

    it("An event that the function names is tried again, and then a dead letter by itself", async () => {
      await put("failing", {}, { fails: "alone" }, {});
      await called("failing", 2);
      const calls = callsOf("failing").map((events) => events.map(({ detail }) => detail.n));
      assert.deepEqual([calls[0]?.sort(), calls[1]], [[0, 1, 2], [1]]);
      await eventually("it is a dead letter", async () => (await router.depth("dead")) === 1);
      assert.deepEqual(await deadLetters(), [1]);
      const batches = { function: "collect", end: "full" };
      assert.ok((await router.metricSum("busbar_function_batch_events_count", batches)) >= 1);
      const line = await router.logged(
        "the batch",
        ({ msg, events }) => msg === "events of a batch failed" && events === 3,
      );
      assert.equal(line["failed"], 1);
    });

    it("When a call fails, each of its events is a dead letter", async () => {
      await put("failing", {}, {}, { fails: "all" });
      await eventually("all are dead letters", async () => (await router.depth("dead")) === 3);
      assert.deepEqual(await deadLetters(), [0, 1, 2]);
    });

    it("A router that is killed or stopped while it collects loses nothing, and collects anew", async () => {
      await put("restarts", {}, {});
      await router.kill();
      await router.launch();
      await put("restarts", {}, {});
      assert.equal(await router.stop(), 0);
      await router.launch();
      await put("restarts", {});
      await called("restarts", 1);
      assert.deepEqual(
        callsOf("restarts").map((events) => new Set(events.map(({ id }) => id)).size),
        [5],
      );
      await eventually("the queue is empty", async () => (await router.depth("busbar.batch.collect")) === 0);
    });
  });
}
