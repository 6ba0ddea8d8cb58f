import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createArchivedEvents } from "../../../../src/flow/replay/archived-events.ts";
import { sampleConfig } from "../../../support/sample.ts";
import { archived, CONFIG, HOUR_MS } from "./replay-world.ts";

const EVENTS = [0, 1, 2, 3].map((hour) => archived(hour, hour * HOUR_MS, hour === 2 ? "other" : "shop"));
const ARCHIVE = { name: "all", bus: "default", retention: {} };

/** An archive of an event each hour, and a clock that goes on by so much each time that it is read. */
function eventsOf({ bounds, tickMs = 0 }: { bounds?: { events: number; bytes: number }; tickMs?: number } = {}) {
  let nowMs = 0;
  const config = { ...CONFIG, archives: sampleConfig({ archives: [ARCHIVE] }).archives };
  return createArchivedEvents({
    archives: {
      extent: () => Promise.resolve({ first: 0, end: EVENTS.length, events: 0, bytes: 0 }),
      since: (name, atMs) =>
        Promise.resolve(name === "all" ? EVENTS.filter((one) => one.atMs < atMs).length : undefined),
      read: async (_name, { from, to }, listener, signal) => {
        for (const event of EVENTS.slice(from, to)) if (signal?.aborted !== true) await listener([event]);
      },
    },
    config: () => config,
    steadyMs: () => (nowMs += tickMs),
    pause: () => Promise.resolve(),
    ...(bounds === undefined ? {} : { bounds }),
  });
}

describe("The events of an archive", () => {
  it("are those that were accepted in the span, with the rules that match them", async () => {
    const read = await eventsOf().matches("all", { fromMs: HOUR_MS, toMs: 2 * HOUR_MS });
    assert.deepEqual(
      read?.events.map(({ id, rules }) => [id, rules.map(({ rule }) => rule)]),
      [
        [`e-1-${HOUR_MS}`, ["first", "second"]],
        [`e-2-${2 * HOUR_MS}`, []],
      ],
    );
    assert.equal(read.events[0]?.json, EVENTS[1]?.body.toString());
    assert.equal(read.end, "finished");
    assert.equal(await eventsOf().matches("gone", { fromMs: 0, toMs: 1 }), undefined);
  });

  it("are bounded in number, in bytes and in time, and the answer says by what", async () => {
    const all = { fromMs: 0, toMs: 9 * HOUR_MS };
    const bytes = EVENTS[0]?.body.length ?? 0;
    const endOf = async (options: Parameters<typeof eventsOf>[0]) => {
      const read = await eventsOf(options).matches("all", all);
      return [read?.end, read?.events.length];
    };
    assert.deepEqual(await endOf({ bounds: { events: 3, bytes: 1e6 } }), ["count", 3]);
    assert.deepEqual(await endOf({ bounds: { events: 9, bytes: 2.5 * bytes } }), ["bytes", 2]);
    assert.deepEqual(await endOf({ bounds: { events: 4, bytes: 1e6 } }), ["finished", 4]);
    assert.deepEqual(await endOf({ tickMs: 6_000 }), ["time", 3]);
  });
});
