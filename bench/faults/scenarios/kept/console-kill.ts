import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../../test/contract/waiting.ts";
import { ConsoleProcess } from "../../../../test/support/console/console-process.ts";
import { journaledConfiguration } from "../../configuration.ts";
import type { Fate, Ledger } from "../../ledger.ts";
import type { Context, Scenario } from "../../scenario.ts";

const RUNNING_MS = 1_000;
/** How long after its start it is killed, in turn: before it has opened its index, and after. */
const STARTING_MS = [200, 500, 1_000];
const SAMPLES = 40;
/** After the load: the last frames are on their way, and an index that was deleted is read anew. */
const CAUGHT_UP_MS_MAX = 20_000;

/** What an event's way says of each of its deliveries, as far as the ledger knows it too. */
interface Way {
  readonly deliveries: readonly { readonly state: string; readonly origin?: { readonly target: string } }[];
}

export const consoleKill: Scenario = {
  name: "console-kill",
  description:
    "the console is killed again and again, while it starts and while it runs, and loses its index once: what it says in the end is what happened",
  seconds: 20,
  async run(context) {
    const rabbitMq = await context.rabbitMq();
    const broker = await rabbitMq.newVhost();
    const stage = await context.stage({ broker, routers: 2, configuration: journaledConfiguration });
    const load = stage.startLoad();
    await stage.flows();
    const startConsole = async (): Promise<ConsoleProcess> => {
      const started = await ConsoleProcess.start(broker, stage.router);
      context.after(() => started.remove());
      return started;
    };

    const killed = await startConsole();
    const kills = await killAgainAndAgain(killed, context);
    const facts = await stage.account();
    const sample = sampleOf([...load.accepted]);
    const other = await startConsole();
    for (const id of sample) {
      const expected = statesOf(stage.ledger, id);
      const ways = [];
      for (const one of [killed, other]) {
        let way: unknown;
        const isAsExpected = async (): Promise<boolean> => {
          way = await one.get(`/api/v1/events/${id}`);
          return way !== undefined && isDeepEqual(statesIn(way as Way), expected);
        };
        await eventually(`the console tells of event ${id}`, isAsExpected, CAUGHT_UP_MS_MAX).catch(() => undefined);
        assert.deepEqual(way && statesIn(way as Way), expected, `what the console tells of event ${id}`);
        ways.push(way);
      }
      assert.deepEqual(ways[0], ways[1], `what two consoles tell of event ${id}`);
    }
    return { ...facts, notes: [`killed ${kills} times; ${sample.length} events compared with the ledger`] };
  },
};

/**
 * Kills it while it starts, and when it has run for a while, in turn. Half-way it loses its index, too. Resolves with how
 * often it was killed.
 */
async function killAgainAndAgain(one: ConsoleProcess, { seconds }: Context): Promise<number> {
  const beganAtMs = performance.now();
  const elapsedMs = (): number => performance.now() - beganAtMs;
  let kills = 0;
  let isDeleted = false;
  while (elapsedMs() < seconds * 1_000) {
    await sleep(RUNNING_MS);
    await one.kill();
    if (!isDeleted && elapsedMs() >= seconds * 500) {
      await one.deleteIndex();
      isDeleted = true;
    }
    one.begin();
    await sleep(STARTING_MS[(kills / 2) % STARTING_MS.length]);
    await one.kill();
    kills += 2;
    await one.launch();
  }
  return kills;
}

/** Spread evenly, with the first and the last. */
function sampleOf(ids: readonly string[]): readonly string[] {
  const every = Math.max(1, Math.floor((ids.length - 1) / (SAMPLES - 1)));
  return [...new Set([...ids.filter((_, index) => index % every === 0), ...ids.slice(-1)])];
}

/** The states of an event's deliveries by target, as the functions and queues saw them. */
function statesOf(ledger: Ledger, eventId: string): ReadonlyMap<string, string> {
  const state = (fate: Fate): string => (fate === "delivered" ? "delivered" : "failed");
  return new Map([...ledger.fates(eventId)].map(([target, fate]) => [target, state(fate)] as const));
}

function statesIn({ deliveries }: Way): ReadonlyMap<string, string> {
  const ofRules = deliveries.flatMap(({ origin, state }) =>
    origin === undefined ? [] : [[origin.target, state] as const],
  );
  return new Map(ofRules.sort());
}

function isDeepEqual(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([name, state]) => other.get(name) === state);
}
