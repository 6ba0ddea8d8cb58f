import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { collectFromRouter } from "../../../bench/faults/collector.ts";
import type { End } from "../../../bench/faults/ledger.ts";
import { eventually } from "../../contract/waiting.ts";

const SLOW_FILL_MS = 5;

/** A router with two queues: one that never runs dry while there is load, and one that is empty, as its first answer. */
function busyRouter() {
  let made = 0;
  const message = () => ({ id: `m${++made}`, headers: { "busbar-target": "copies" }, body: `{"id":"e${made}"}` });
  const router = {
    loaded: true,
    quiet: [] as ReturnType<typeof message>[],
    /** Waits until it has as many messages as were asked for, or none came for a while. */
    async receive(queue: string, limit = 100) {
      await new Promise((resolve) => setTimeout(resolve, SLOW_FILL_MS));
      if (queue === "quiet") return router.quiet.splice(0, limit);
      return router.loaded ? Array.from({ length: limit }, message) : [message()];
    },
    message,
  };
  return router;
}

describe("the fault bench's collector", () => {
  it("The collector of an embedded broker reads each queue for itself, since under load some never run dry", async () => {
    const router = busyRouter();
    const ends: End[] = [];
    const collector = collectFromRouter(router, ["busy", "quiet"], { add: (end) => void ends.push(end) });
    await eventually("the busy queue is read", () => ends.length > 100);

    router.quiet.push(router.message());
    await eventually("the other one is read as well", () => ends.some(({ place }) => place === "queue/quiet"));

    router.quiet.push(router.message());
    router.loaded = false;
    await collector.stop();
    assert.equal(ends.filter(({ place }) => place === "queue/quiet").length, 2, "what is left is read at the end");
  });
});
