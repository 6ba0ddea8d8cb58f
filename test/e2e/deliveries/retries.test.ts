import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

/** What the flaky container answers is what AWS's emulator answers for a handler that raised. */
const RAISED = '{"errorMessage":"I failed!","errorType":"Exception","stackTrace":[]}';

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`Retries and destinations, on ${kind}`, () => {
    let flaky: RecordingFunction;
    let busy: RecordingFunction;
    let router: Router;

    const endings = suiteEndings();
    before(async () => {
      flaky = await RecordingFunction.start((_call, response) => void response.end(RAISED));
      busy = await RecordingFunction.start((call, response) => {
        if (call.attempt > 1) response.end('{"done":true}');
        else response.writeHead(429, { "retry-after": "2" }).end();
      });
      endings.after(() => Promise.all([flaky.stop(), busy.stop()]));
      const queues = ["losses", "dead", "ops-log", "busbar.container.flaky", "busbar.function.busy"];
      const broker = kind === "embedded" ? "embedded" : await freshVhost(endings, queues);
      const config = `
eventBuses: { operations: {} }
functions:
  flaky:
    container: { url: "${flaky.url}" }
    retryIntervalsSeconds: [1, 2]
    onFailure: { eventBus: operations }
    deadLetterConfig: { queue: dead }
  busy: { http: { url: "${busy.url}" } }
queues: { dead: {}, ops-log: {} }
rules:
  flaky: { eventPattern: { source: [flaky] }, targets: { flaky: { function: flaky, inputPath: $.detail } } }
  busy: { eventPattern: { source: [busy] }, targets: { busy: { function: busy } } }
  operations/keep: { eventPattern: { source: [lambda] }, targets: { log: { queue: ops-log } } }
`;
      router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
      endings.after(() => router.remove());
    });

    it("A function error is retried twice after its intervals, and then sent to every failure destination", async () => {
      await router.put([{ source: "flaky", detail: { id: "x", total: 7 } }]);
      await eventually("the failure's record is in the log", async () => (await router.depth("ops-log")) === 1, 30_000);
      await eventually("its dead letter is in the queue", async () => (await router.depth("dead")) === 1);

      assert.equal(flaky.calls.length, 3);
      const [first, second, third] = flaky.calls.map((call) => call.atMs);
      assert.ok(
        (second ?? 0) - (first ?? 0) >= 1_000 && (third ?? 0) - (second ?? 0) >= 2_000,
        "retries come never early",
      );
      assert.deepEqual(flaky.calls[0]?.body, { id: "x", total: 7 });

      const [logged] = await router.receive("ops-log");
      const event = JSON.parse(logged?.body ?? "") as {
        source: string;
        detail: Record<string, Record<string, unknown>>;
      };
      assert.equal(event.source, "lambda");
      assert.equal(event.detail["requestContext"]?.["condition"], "RetriesExhausted");
      assert.equal(event.detail["requestContext"]["approximateInvokeCount"], 3);
      assert.deepEqual(event.detail["responsePayload"], JSON.parse(RAISED));

      const [dead] = await router.receive("dead");
      assert.ok(dead);
      assert.equal(dead.headers["ErrorCode"], 200);
      assert.equal(dead.headers["ErrorMessage"], (JSON.parse(RAISED) as { errorMessage: string }).errorMessage);
      assert.deepEqual(JSON.parse(dead.body), { id: "x", total: 7 });
      assert.equal((JSON.parse(String(dead.headers["busbar-event"])) as { source: string }).source, "flaky");
    });

    it("A throttled call is retried when the function asked for it, with the same delivery id", async () => {
      await router.put([{ source: "busy", detail: {} }]);
      await eventually("the second attempt came", () => busy.calls.length === 2, 15_000);
      const [first, second] = busy.calls;
      assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 2_000);
      assert.equal(second?.deliveryId, first?.deliveryId);
      assert.equal(
        await router.metric('busbar_delivery_retries_total{destination="function/busy",reason="throttled"}'),
        1,
      );
    });
  });
}
