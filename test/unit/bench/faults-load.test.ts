import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLoad } from "../../support/router/load.ts";

const INTERVAL_MS = 20;
const OUTAGE_MS = 10 * INTERVAL_MS;
/** The first of some puts may itself be late, on a busy machine, and those behind it are not. A flood would take no time. */
const LATE_MS = INTERVAL_MS;

describe("the fault bench's load", () => {
  it("The load keeps its pace after an outage, and does not catch up", async () => {
    const putAtMs: number[] = [];
    const router = {
      async put() {
        putAtMs.push(performance.now());
        if (putAtMs.length === 1) await sleep(OUTAGE_MS);
        return { status: 200, body: {}, eventIds: [] };
      },
    };
    await startLoad({ count: 60, clients: 1, perSecond: 10_000 / INTERVAL_MS, routers: [router] }).done;
    assert.equal(putAtMs.length, 6);
    const [, afterOutage = 0, ...others] = putAtMs;
    const tookMs = (others.at(-1) ?? 0) - afterOutage;
    assert.ok(tookMs >= others.length * INTERVAL_MS - LATE_MS, `${others.length} more were put in ${tookMs} ms`);
  });
});
