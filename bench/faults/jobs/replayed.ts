import { eventually } from "../../../test/contract/waiting.ts";
import type { TestEntry } from "../../../test/support/router/router.ts";
import type { Configuration, Ends } from "../configuration.ts";
import { delivered } from "../configuration.ts";
import type { Stage } from "../stage.ts";
import type { KillPoint } from "./owner-kills.ts";
import { JOB_PER_SECOND } from "./owner-kills.ts";

/** Archived events before a replay begins. */
export const ARCHIVED = 600;
const BATCH = 10;
/** The message that is interrupted. */
const NTH = 5;

export const REPLAY = { archive: "faults", name: "again", rule: "replayed" } as const;

/** Each event is delivered to the healthy function, and to another one when it is replayed. */
export function replayConfiguration(functionsUrl: string): Configuration {
  const { archive, name, rule } = REPLAY;
  const yaml = `
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
  ${rule}: { http: { url: "${functionsUrl}/${rule}" }, concurrency: 20 }
archives: { ${archive}: { bus: default } }
rules:
  healthy:
    eventPattern: { source: [faults], replay-name: [{ exists: false }] }
    targets: { healthy: { function: healthy } }
  ${rule}:
    eventPattern: { source: [faults], replay-name: [${name}] }
    targets: { ${rule}: { function: ${rule} } }
`;
  return {
    yaml,
    ends: new Map([["healthy", delivered("function/healthy")]]),
    queues: ["busbar.dead-letter"],
  };
}

/** Puts the events that the replay is about, and resolves when they have been delivered once. */
export async function makeArchived(stage: Stage): Promise<void> {
  const replayed = delivered(`function/${REPLAY.rule}`);
  const entry = (): TestEntry => ({ source: "faults", detail: {} });
  await putArchived(stage, entry, new Map([...stage.configuration.ends, [REPLAY.rule, replayed]]));
}

/** Puts entries that end in another way than those of the load. Resolves when all are delivered to the healthy function. */
export async function putArchived(
  stage: Stage,
  entry: () => TestEntry,
  ends: ReadonlyMap<string, Ends>,
  count = ARCHIVED,
): Promise<void> {
  const delivered = (): number => stage.functions.succeeded.get("healthy") ?? 0;
  const [old, before] = [new Set<string>(), delivered()];
  stage.ledger.expect(old, ends);
  for (let made = 0; made < count; made += BATCH) {
    for (const id of await stage.put(Array.from({ length: BATCH }, entry))) old.add(id);
  }
  await eventually("all are delivered", () => delivered() === before + count, 60_000);
}

/** What asks for a replay of the events of that time, two seconds more before it: events have whole seconds. */
export function replayPath({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): string {
  const { archive, name } = REPLAY;
  const [from, to] = [new Date(fromMs - 2_000).toISOString(), new Date(toMs).toISOString()];
  return `archives/${archive}/replays?name=${name}&from=${from}&to=${to}&ratePerSecond=${JOB_PER_SECOND}`;
}

/** Around the publish of a replayed event to a queue that gets no others. */
export function publishPoints(queue: string): readonly KillPoint[] {
  return [
    {
      name: "publish of a replayed event, not forwarded",
      moment: { direction: "toBroker", method: "basic.publish", queue, nth: NTH, passes: false },
    },
    {
      name: "publish forwarded, confirm not passed on",
      moment: { direction: "toRouter", method: "basic.ack", queue, nth: NTH, passes: false },
    },
    {
      name: "confirm passed on",
      moment: { direction: "toRouter", method: "basic.ack", queue, nth: NTH, passes: true },
    },
  ];
}
