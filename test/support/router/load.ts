import type { Router, TestEntry } from "./router.ts";

const BATCH = 10;

/** A stream of puts, ten entries each, from several clients at once. */
export interface Load {
  /** The ids of the entries that were accepted so far. */
  readonly accepted: ReadonlySet<string>;
  readonly statuses: ReadonlyMap<number | "no answer", number>;
  /** Resolves when all have been put, or `stop` was called. */
  readonly done: Promise<void>;
  stop(): void;
}

export interface LoadOptions {
  readonly count: number;
  readonly clients?: number;
  /**
   * Entries a second, over all clients; as fast as the routers take them when absent. What could not be put in time,
   * while no router answered, is not made up for: an outage is not followed by a flood.
   */
  readonly perSecond?: number;
  readonly entry?: (index: number) => TestEntry;
  /** Where each batch goes; by default all to the first router. */
  readonly routers: readonly Pick<Router, "put">[];
}

function numbered(index: number): TestEntry {
  return { detail: { index } };
}

/** Puts entries, at a pace or as fast as the routers take them. What is refused or gets no answer is not put again. */
export function startLoad(options: LoadOptions): Load {
  const { count, clients = 8, perSecond = Infinity, routers, entry = numbered } = options;
  const intervalMs = (BATCH * 1_000) / perSecond;
  const accepted = new Set<string>();
  const statuses = new Map<number | "no answer", number>();
  let next = 0;
  let nextAtMs = performance.now();
  let stopped = false;

  async function client(): Promise<void> {
    while (next < count && !stopped) {
      const from = next;
      next += BATCH;
      const atMs = Math.max(nextAtMs, performance.now());
      nextAtMs = atMs + intervalMs;
      await until(atMs);
      const entries = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => entry(from + index));
      const status = await putBatch(routers[(from / BATCH) % routers.length], entries, accepted);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }

  const done = Promise.all(Array.from({ length: clients }, client)).then(() => undefined);
  return { accepted, statuses, done, stop: () => void (stopped = true) };
}

async function putBatch(
  router: Pick<Router, "put"> | undefined,
  entries: readonly TestEntry[],
  accepted: Set<string>,
): Promise<number | "no answer"> {
  try {
    const answer = await router?.put(entries);
    for (const id of answer?.eventIds ?? []) if (id !== undefined) accepted.add(id);
    if (answer?.status !== 200) await rest();
    return answer?.status ?? "no answer";
  } catch {
    // The router is down: nobody was promised anything.
    await rest();
    return "no answer";
  }
}

async function until(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

/** Keeps a client whose put was refused from spinning. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** Those of the accepted events that a function has not been called with. */
export function missing(accepted: ReadonlySet<string>, delivered: ReadonlySet<string>): string[] {
  return [...accepted].filter((id) => !delivered.has(id));
}
