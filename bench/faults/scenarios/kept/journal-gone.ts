import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import type { RabbitMq } from "../../../../test/support/rabbitmq/rabbitmq.ts";
import { JOURNAL } from "../../../../src/domain/queue/queues.ts";
import { journaledConfiguration } from "../../configuration.ts";
import type { Pace } from "../../journal/pace.ts";
import { paceDuring } from "../../journal/pace.ts";
import { journalTroubles } from "../../journal/troubles.ts";
import { Management } from "../../management.ts";
import type { Context, Scenario } from "../../scenario.ts";
import type { Stage, StageLoad } from "../../stage.ts";

const USER = "journal-faults";
const EVENTS_PER_SECOND = 100;
/** Before the first trouble. */
const UNDISTURBED_MS = 1_000;
/** A round's troubles last twice as long as those of the round before. */
const TROUBLE_FIRST_MS = 700;
/** The share of the undisturbed pace that is left at least. */
const SHARE_MIN = 1 / 5;
/** The journal is tried again after pauses of 30 s at most. */
const WRITTEN_AGAIN_MS_MAX = 60_000;

export const journalGone: Scenario = {
  name: "journal-gone",
  description:
    "the journal is deleted, its name taken, forbidden, its connection closed, then RabbitMQ's disk runs short, again and again: puts and deliveries go on",
  seconds: 30,
  ciSeconds: 1,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const directBroker = await rabbitMq.newVhost();
    const management = new Management(rabbitMq, directBroker);
    const broker = await asUser(context, management, directBroker);
    const stage = await context.stage({ broker, directBroker, configuration: journaledConfiguration });
    const load = stage.startLoad({ perSecond: EVENTS_PER_SECOND });
    await stage.flows();
    const lost = (): Promise<number> =>
      stage.router.metricSum("busbar_journal_records_lost_total", { reason: "refused" });
    const written = (): Promise<number> => stage.router.metricSum("busbar_journal_records_total");
    await eventually("the journal is written", async () => (await written()) > 0);

    const undisturbed = await paceDuring(stage, load, () => sleep(UNDISTURBED_MS));
    const deadlineMs = performance.now() + context.seconds * 1_000;
    let slowest = undisturbed;
    let rounds = 0;
    do {
      for (const { name, begin, end } of journalTroubles(management, USER)) {
        const pace = await paceDuring(stage, load, async () => {
          await begin();
          await sleep(TROUBLE_FIRST_MS * 2 ** rounds);
        });
        await end();
        context.say(`journal ${name}: ${inWords(pace)}`);
        assertIsQuick(name, pace, undisturbed);
        if (pace.delivered < slowest.delivered) slowest = pace;
      }
      // Not in the shortest run, for the commands take seconds.
      if (rounds > 0) await runShortOfDisk(context, rabbitMq, stage, load);
      rounds += 1;
    } while (performance.now() < deadlineMs);

    assert.ok((await lost()) > 0, "the journal lost records, and counted them");
    const writtenBefore = await written();
    await eventually(
      "the journal is written again",
      async () => (await written()) > writtenBefore,
      WRITTEN_AGAIN_MS_MAX,
    );
    assert.equal(await management.typeOf(JOURNAL), "stream");
    const facts = await stage.account();
    const odd = [...load.statuses.keys()].filter((status) => status !== 200 && status !== 503);
    assert.deepEqual(odd, [], "puts are answered with 200 or 503 alone");
    const paces = `${inWords(undisturbed)} before, ${inWords(slowest)} at the slowest`;
    return { ...facts, notes: [`${rounds} round(s): ${paces}; ${await lost()} records were refused`] };
  },
};

/** A user of the routers' own, whose permissions can be taken away. Resolves with the virtual host's URL for it. */
async function asUser(context: Context, management: Management, vhostUrl: string): Promise<string> {
  await management.addUser(USER, "secret");
  context.after(() => management.deleteUser(USER));
  await management.allow(USER, ".*");
  const url = new URL(vhostUrl);
  url.username = USER;
  url.password = "secret";
  return url.href;
}

function assertIsQuick(trouble: string, pace: Pace, undisturbed: Pace): void {
  for (const what of ["accepted", "delivered"] as const) {
    const least = undisturbed[what] * SHARE_MIN;
    assert.ok(pace[what] >= least, `journal ${trouble}: ${what} ${pace[what]} a second, at least ${least} expected`);
  }
}

function inWords({ accepted, delivered }: Pace): string {
  return `${accepted.toFixed()} events accepted and ${delivered.toFixed()} delivered a second`;
}

/** This one is everybody's trouble: puts are refused until it has ended. */
async function runShortOfDisk(context: Context, rabbitMq: RabbitMq, stage: Stage, load: StageLoad): Promise<void> {
  const end = (): Promise<string> => rabbitMq.ctl("set_disk_free_limit", "100MB");
  context.after(end);
  await rabbitMq.ctl("set_disk_free_limit", "100000GB");
  await load.refused();
  await end();
  await stage.flows();
}
