import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createShiftedClock } from "../../../../test/support/router/shifted-clock.ts";
import type { Context, Facts, Scenario } from "../../scenario.ts";

const HOUR_MS = 3_600_000;
/** The clock is read from a file every 20 ms. */
const TAKES_EFFECT_MS = 100;

export const clock: Scenario = {
  name: "clock",
  description: "the router's clock is set an hour on, then an hour back",
  seconds: 5,
  run: async (context) => jump(context, await (await context.rabbitMq()).newVhost()),
};

export const clockEmbedded: Scenario = {
  ...clock,
  name: "clock-embedded",
  description: "the same with the embedded broker, which keeps the time of delayed deliveries itself",
  run: (context) => jump(context, "embedded"),
};

async function jump(context: Context, broker: string): Promise<Facts> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-faults-"));
  context.after(() => rm(folder, { recursive: true }));
  const shifted = createShiftedClock(folder);
  const stage = await context.stage({ broker, env: shifted.env });
  stage.startLoad();
  await stage.flows();

  for (const hours of [1, 0, -1, 0]) {
    shifted.shift(hours * HOUR_MS);
    await sleep(TAKES_EFFECT_MS + context.seconds * 1_000);
    await stage.flows();
  }
  // What is on its way now was accepted by a clock that is an hour ahead of the one it is delivered by.
  shifted.shift(-HOUR_MS);
  await sleep(TAKES_EFFECT_MS);

  const facts = await stage.account();
  assert.equal(clockOf(stage.router.log.at(-1)?.["time"]), -1, "the router's own log is an hour behind");
  return facts;
}

/** How many hours a log line's time is off. */
function clockOf(time: unknown): number {
  return Math.round((Date.parse(String(time)) - Date.now()) / HOUR_MS);
}
