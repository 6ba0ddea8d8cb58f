import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

function config(url: string): string {
  return `
functions:
  stock:
    http: { url: "${url}" }
    onSuccess: { queue: wins }
queues:
  wins: {}
rules:
  orders:
    eventPattern: { source: [shop], detail-type: [OrderPlaced] }
    targets:
      stock: { function: stock }
`;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`An order through the whole router, on ${kind}`, () => {
    let stock: RecordingFunction;
    let router: Router;

    const endings = suiteEndings();
    before(async () => {
      stock = await RecordingFunction.start();
      endings.after(() => stock.stop());
      const broker = kind === "embedded" ? "embedded" : await freshVhost(endings, ["wins", "busbar.function.stock"]);
      router = await Router.start({ config: config(stock.url), env: { BUSBAR_BROKER: broker } });
      endings.after(() => router.remove());
    });

    it("An order reaches the function, and its success record reaches the queue", async () => {
      const { status, eventIds } = await router.put([
        { source: "shop", detailType: "OrderPlaced", detail: { orderId: "o-1" } },
        { source: "shop", detailType: "OrderCancelled", detail: { orderId: "o-1" } },
      ]);
      assert.equal(status, 200);
      await eventually("the record is in the queue", async () => (await router.depth("wins")) === 1);
      assert.deepEqual(
        stock.calls.map((call) => call.eventId),
        [eventIds[0]],
      );
      const [message] = await router.receive("wins");
      const record = JSON.parse(message?.body ?? "") as Record<string, Record<string, unknown>>;
      assert.equal(record["requestContext"]?.["condition"], "Success");
      assert.equal(record["requestContext"]["requestId"], stock.calls[0]?.deliveryId);
      assert.equal((record["requestPayload"] as { id: string }).id, eventIds[0]);
      assert.deepEqual(record["responsePayload"], { done: true });
    });

    it("An order is counted from the put to the record", async () => {
      assert.equal(await router.metric('busbar_put_events_entries_total{bus="default",outcome="accepted"}'), 2);
      assert.equal(await router.metric('busbar_events_matched_total{bus="default",rule="orders"}'), 1);
      assert.equal(await router.metric('busbar_events_unmatched_total{bus="default"}'), 1);
      assert.equal(
        await router.metric('busbar_delivery_attempts_total{destination="function/stock",outcome="success"}'),
        1,
      );
      assert.equal(
        await router.metric('busbar_destination_records_total{function="stock",condition="success",kind="queue"}'),
        1,
      );
    });

    it("A router declares every queue with the arguments that it expects", async () => {
      assert.equal(await router.metric("busbar_broker_faults_total"), 0);
      assert.deepEqual(
        router.log.filter((line) => line.level === "error"),
        [],
      );
    });

    it("A graceful stop leaves no message behind", async () => {
      assert.equal(await router.stop(), 0);
    });
  });
}
