import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { askJob } from "../../jobs/ask-job.ts";
import { twoRouters } from "../../jobs/members.ts";
import type { KillPoint } from "../../jobs/owner-kills.ts";
import { advance, doneAt, killOwners, pause, resume, takeRateAway } from "../../jobs/owner-kills.ts";
import { ARCHIVED, makeArchived, publishPoints, REPLAY, replayConfiguration, replayPath } from "../../jobs/replayed.ts";
import type { Scenario } from "../../scenario.ts";

const EVENTS_PER_SECOND = 10;
const DONE_MS_MAX = 60_000;

const STREAM = `busbar.archive.0d.0b.${REPLAY.archive}`;

const KILL_POINTS: readonly KillPoint[] = [
  {
    name: "it counts, and has sent nothing",
    moment: { direction: "toRouter", method: "basic.deliver", queue: STREAM, nth: 50, passes: false },
  },
  ...publishPoints(`busbar.function.${REPLAY.rule}`),
  { name: "it waits for its rate", reached: advance },
  { name: "it is paused", reached: pause },
  { name: "taken over while it was paused, and resumed", reached: resume },
];

export const replayKill: Scenario = {
  name: "replay-kill",
  description:
    "an archive is replayed while events go on coming, and the router that owns the replay is killed again and again: each archived event arrives once more, and no other does",
  seconds: 0,
  async run(context) {
    const { stage, ...members } = await twoRouters(context, replayConfiguration);
    const fromMs = Date.now();
    await makeArchived(stage);
    const toMs = Date.now();
    // Events have whole seconds: those of the load are to have later ones.
    await sleep(1_000);
    const [begun] = await killOwners(
      members,
      KILL_POINTS,
      async (router) => {
        const job = await askJob(router, "POST", replayPath({ fromMs, toMs }));
        // What comes from now on is stored after the replay began.
        stage.startLoad({ perSecond: EVENTS_PER_SECOND });
        return [job];
      },
      context,
    );
    await takeRateAway(members.two.router, begun);
    const done = await doneAt(members.two.router, begun, DONE_MS_MAX);
    assert.notEqual(done.router, begun.router, "the replay ended on another router");

    const facts = await stage.account();
    const sent = stage.functions.succeeded.get(REPLAY.rule) ?? 0;
    const notes = [
      ...KILL_POINTS.map(({ name }) => `killed: ${name}`),
      `the replay counts ${done.removed} of ${ARCHIVED}, of which ${sent - ARCHIVED} were delivered twice`,
    ];
    return { ...facts, notes };
  },
};
