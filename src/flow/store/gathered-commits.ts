import type { DecideChanges } from "../../ports/made.ts";
import type { Entities, Entity, EntityKey } from "../../ports/store/entities.ts";
import { StoreError } from "../../ports/store/store.ts";
import type { DecidedCommit } from "./joint-commit.ts";
import { JointCommit } from "./joint-commit.ts";

/** How often a change is decided anew because others came in between. */
const TRIES_MAX = 20;
const WAIT_MS_MAX = 50;
/** How many callers are decided in one turn. */
const CALLERS_MAX = 50;

export interface GatheredCommitsOptions {
  readonly store: Pick<Entities, "get" | "commit">;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Another change came in between. */
  readonly onConflict?: () => void;
}

/** A caller who waits for a change. */
interface Caller {
  readonly keys: readonly EntityKey[];
  readonly decide: DecideChanges;
  tries: number;
  readonly settle: (result: DecidedCommit) => void;
  readonly refuse: (error: unknown) => void;
}

/**
 * Reads entities, decides and commits, for callers who come at the same time. Commits come one after the other, in the store
 * anyway; so those who came during one are decided together and share the next. A caller whose decision depends on what another of
 * the turn changes waits for the turn that follows, and so this router's callers do not meet as conflicts.
 */
export class GatheredCommits {
  readonly #options: GatheredCommitsOptions;
  #waiting: Caller[] = [];
  #turns: Promise<void> | undefined;

  constructor(options: GatheredCommitsOptions) {
    this.#options = options;
  }

  /**
   * Decides anew when another change comes in between. What `decide` throws is thrown.
   *
   * @param keys what `decide` is given, in this order.
   */
  commit(keys: readonly EntityKey[], decide: DecideChanges): Promise<DecidedCommit> {
    const { promise, resolve, reject } = Promise.withResolvers<DecidedCommit>();
    this.#waiting.push({ keys, decide, tries: 0, settle: resolve, refuse: reject });
    this.#turns ??= this.#run();
    return promise;
  }

  /** Resolves when nobody waits any more. */
  async end(): Promise<void> {
    await this.#turns;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#turn(this.#waiting.splice(0, CALLERS_MAX));
    this.#turns = undefined;
  }

  async #turn(callers: readonly Caller[]): Promise<void> {
    const joint = new JointCommit<Caller>();
    const later: Caller[] = [];
    const found = await this.#read(callers);
    for (const [at, caller] of callers.entries()) {
      const isTaken = !joint.changesAny(caller.keys) && (await this.#decide(caller, found[at], joint));
      if (!isTaken) later.push(caller);
    }
    this.#waiting.unshift(...later);
    const lost = await this.#commit(joint);
    for (const caller of lost) caller.tries += 1;
    for (const caller of lost) if (caller.tries === TRIES_MAX) caller.settle({ ok: false, reason: "conflict" });
    this.#waiting.unshift(...lost.filter(({ tries }) => tries < TRIES_MAX));
    if (lost.length > 0) await this.#options.sleep(this.#options.random() * WAIT_MS_MAX);
  }

  /** What the store has of each caller's keys. */
  #read(callers: readonly Caller[]): Promise<readonly PromiseSettledResult<readonly (Entity | undefined)[]>[]> {
    const reading = new Map<string, Promise<Entity | undefined>>();
    const read = ({ kind, name }: EntityKey): Promise<Entity | undefined> => {
      const id = `${kind}\0${name}`;
      const known = reading.get(id) ?? this.#options.store.get(kind, name);
      reading.set(id, known);
      return known;
    };
    return Promise.allSettled(callers.map(({ keys }) => Promise.all(keys.map(read))));
  }

  /** @returns whether the caller need not wait for another turn. */
  async #decide(
    caller: Caller,
    found: PromiseSettledResult<readonly (Entity | undefined)[]> | undefined,
    joint: JointCommit<Caller>,
  ): Promise<boolean> {
    try {
      if (found?.status !== "fulfilled") throw found?.reason;
      const changes = await caller.decide(found.value);
      if (changes.length > 0) return joint.add(caller, changes);
      caller.settle({ ok: true, revision: undefined });
    } catch (error) {
      fail([caller], error);
    }
    return true;
  }

  /** Resolves with the callers whose changes met others. */
  async #commit(joint: JointCommit<Caller>): Promise<readonly Caller[]> {
    const lost: Caller[] = [];
    for (let rest = joint; rest.callers.length > 0;) {
      try {
        const committed = await this.#options.store.commit(rest.changes);
        if (committed.ok) {
          for (const { settle } of rest.callers) settle(committed);
          break;
        }
        const conflicts = committed.reason === "conflict" ? committed.conflicts : [];
        const met = rest.callersOf(conflicts.map(({ index }) => index));
        met.forEach(() => this.#options.onConflict?.());
        lost.push(...met);
        rest = rest.without(met);
      } catch (error) {
        if (rest.callers.length === 1 || isAboutAll(error)) fail(rest.callers, error);
        else for (const caller of rest.callers) lost.push(...(await this.#commit(rest.only(caller))));
        break;
      }
    }
    return lost;
  }
}

/** Whether it says nothing of what is committed, so that no part of it would fare better by itself. */
function isAboutAll(error: unknown): boolean {
  return error instanceof StoreError && error.reason !== "refused";
}

function fail(callers: readonly Caller[], error: unknown): void {
  for (const { settle, refuse } of callers) {
    if (error instanceof StoreError)
      settle({ ok: false, reason: "store", message: error.message, mayBeDone: error.reason === "unknown" });
    else refuse(error);
  }
}
