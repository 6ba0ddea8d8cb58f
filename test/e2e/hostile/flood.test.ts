import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Router } from "../../support/router/router.ts";

const PUTS = 300;

function valueIn(text: string, series: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  assert.ok(line, `there is no ${series}`);
  return Number(line.slice(series.length));
}

describe("A flood of put requests", () => {
  it(
    "A flood of put requests is counted whole, and the refused ones by their reason",
    { timeout: 60_000 },
    async (t) => {
      const router = await Router.start({
        config:
          "queues: { orders: {} }\nrules: { all: { eventPattern: { source: [shop] }, targets: { q: { queue: orders } } } }",
        env: { BUSBAR_MAX_ENTRIES_IN_FLIGHT: "1" },
      });
      t.after(() => router.stop());
      const put = async (): Promise<number> => {
        const answer = await router.put([{ source: "shop", detail: {} }]);
        return answer.status;
      };
      const statuses = await Promise.all(Array.from({ length: PUTS }, put));
      const throttled = statuses.filter((status) => status === 429).length;
      const accepted = statuses.filter((status) => status === 200).length;
      assert.equal(throttled + accepted, PUTS);
      assert.ok(throttled > 0 && accepted > 0, `${throttled} throttled`);
      assert.equal((await fetch(`${router.publicUrl}/nowhere`)).status, 404);
      const metrics = await (await fetch(`${router.adminUrl}/metrics`)).text();
      assert.equal(valueIn(metrics, 'busbar_put_events_requests_total{outcome="throttled"}'), throttled);
      assert.equal(valueIn(metrics, 'busbar_put_events_requests_total{outcome="accepted"}'), accepted);
      assert.equal(valueIn(metrics, "busbar_put_events_duration_seconds_count"), accepted);
      assert.equal(valueIn(metrics, 'busbar_requests_refused_total{reason="throttled"}'), throttled);
      assert.equal(valueIn(metrics, 'busbar_requests_refused_total{reason="not_found"}'), 1);
    },
  );
});
