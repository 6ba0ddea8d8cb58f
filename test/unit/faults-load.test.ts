import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startLoad } from "../support/load.ts";

const INTERVAL_MS = 20;
const OUTAGE_MS = 10 * INTERVAL_MS;
/** A timer may be early by a fraction of a millisecond. */
const EARLY_MS = 1;

describe("A test's load", () => {
  it("keeps its pace after an outage, and does not make up for it", async () => {
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
    assert.ok(tookMs >= others.length * INTERVAL_MS - EARLY_MS, `${others.length} more were put in ${tookMs} ms`);
  });
});
