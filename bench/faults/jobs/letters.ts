import { eventually } from "../../../test/contract/waiting.ts";
import { delivered, failed } from "../configuration.ts";
import type { Configuration, Ends } from "../configuration.ts";
import type { Stage } from "../stage.ts";

/** Dead letters of each rule before the jobs begin. */
export const LETTERS = 600;
const BATCH = 10;

/** A queue of dead letters of two rules. A job selects those of one of them, and the others stay. */
export const REDRIVEN = { queue: "letters", selected: "wanted", others: "left" } as const;
export const PURGED = { queue: "rubbish", selected: "stale", others: "kept" } as const;

/**
 * Each event is delivered to the healthy function, and becomes a dead letter of four others. What is put while the jobs
 * go on has come after they began, and stays in its queue although a job's filter selects it.
 */
export function letterConfiguration(functionsUrl: string): Configuration {
  const queues = [REDRIVEN, PURGED];
  const failing = queues.flatMap(({ queue, selected, others }) => [selected, others].map((name) => ({ name, queue })));
  const functions = failing.map(
    ({ name }) => `  ${name}: { http: { url: "${functionsUrl}/${name}" }, concurrency: 20, circuitBreaker: false }`,
  );
  const rules = failing.map(
    ({ name, queue }) =>
      `  ${name}: { eventPattern: { source: [faults] }, targets: { ${name}: { function: ${name}, deadLetterConfig: { queue: ${queue} } } } }`,
  );
  const yaml = `
functions:
  healthy: { http: { url: "${functionsUrl}/healthy" }, concurrency: 20 }
${functions.join("\n")}
queues: { ${queues.map(({ queue }) => `${queue}: {}`).join(", ")} }
rules:
  healthy: { eventPattern: { source: [faults] }, targets: { healthy: { function: healthy } } }
${rules.join("\n")}
`;
  const ends = failing.map(({ name, queue }): [string, Ends] => [name, failed(`queue/${queue}`)]);
  return {
    yaml,
    ends: new Map([["healthy", delivered("function/healthy")], ...ends]),
    queues: [...queues.map(({ queue }) => queue), "busbar.dead-letter"],
  };
}

/** Makes the dead letters that the jobs are about, then mends the function whose letters are redriven. */
export async function makeLetters(stage: Stage): Promise<void> {
  const { functions, ledger, configuration } = stage;
  const old = new Set<string>();
  let isMended = false;
  functions.before(({ name, eventId }, response) => {
    if (name === "healthy" || (name === REDRIVEN.selected && isMended && old.has(eventId))) return true;
    response.writeHead(400).end();
    return false;
  });
  ledger.expect(
    old,
    new Map([
      ...configuration.ends,
      [REDRIVEN.selected, delivered(`function/${REDRIVEN.selected}`)],
      [PURGED.selected, { ...failed(`queue/${PURGED.queue}`), optional: true }],
    ]),
  );
  for (let made = 0; made < LETTERS; made += BATCH) {
    const entries = Array.from({ length: BATCH }, () => ({ source: "faults", detail: {} }));
    for (const id of await stage.put(entries)) old.add(id);
  }
  await haveArrived(stage);
  isMended = true;
}

async function haveArrived({ router }: Stage): Promise<void> {
  for (const { queue } of [REDRIVEN, PURGED]) {
    const arrived = async (): Promise<boolean> => (await router.depth(queue)) === 2 * LETTERS;
    await eventually(`all dead letters are in ${queue}`, arrived, 60_000);
  }
}
