import { API_DESTINATION_KIND, CONNECTION_KIND } from "../../domain/made/connection.ts";
import { ARCHIVE_KIND, BUS_KIND, RULE_KIND } from "../../domain/made/made.ts";
import { FUNCTION_ALIAS_KIND } from "../../domain/made/function-alias.ts";
import { MAPPING_KIND } from "../../domain/made/mapping.ts";
import { QUEUE_KIND } from "../../domain/made/queue.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { ChangedEntity, ChangeResult, DecideChanges, MadeChanges, MadeObserver } from "../../ports/made.ts";
import type { Entities, Entity, EntityKey } from "../../ports/store/entities.ts";
import { SECRET_KIND } from "../../ports/store/sealing.ts";
import { GatheredCommits } from "../store/gathered-commits.ts";
import { FollowedEntities } from "./followed-entities.ts";
import { decodeRevision, encodeRevision } from "./made-message.ts";

/** How often the store is asked for its revision, for what no other router has said. */
const POLL_MS = 1_000;

/** The kinds of entities that make the configuration. */
const FOLLOWED_KINDS = [
  BUS_KIND,
  RULE_KIND,
  ARCHIVE_KIND,
  QUEUE_KIND,
  MAPPING_KIND,
  FUNCTION_ALIAS_KIND,
  CONNECTION_KIND,
  API_DESTINATION_KIND,
  SECRET_KIND,
];

export interface MadeConfigOptions {
  readonly store: Entities;
  /** Puts in force what has changed: the first time, everything that was made over the API. Resolves when it is. */
  readonly takeOver: (changed: readonly ChangedEntity[]) => Promise<void>;
  readonly observer: MadeObserver;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** Something other than the store failed. The store reports its own failures. */
  readonly onError: (error: unknown) => void;
}

/**
 * What is made over the API, as the store has it: read at the start, changed by this router's callers, and followed as other
 * routers change it. A change is in force here when it is answered. The others hear of its revision by a broadcast, and ask
 * for it each second in case they did not.
 */
export class MadeConfig implements MadeChanges {
  readonly isKept = true;
  readonly #options: MadeConfigOptions;
  readonly #followed: FollowedEntities;
  readonly #stopping = new AbortController();
  #broker: Broadcast | undefined;
  #polling: Promise<void> = Promise.resolve();
  readonly #commits: GatheredCommits;
  /** The revision of the last commit of this router that was said to the others: callers who share a commit say it once. */
  #said = 0;
  #catchingUp: Promise<void> = Promise.resolve();
  #nextCatchUp: Promise<void> | undefined;
  /** Whether something was taken over, be it that there is nothing. */
  #isInForce = false;

  constructor(options: MadeConfigOptions) {
    this.#options = options;
    this.#followed = new FollowedEntities(options.store, FOLLOWED_KINDS);
    this.#commits = new GatheredCommits({
      ...options,
      sleep: (ms) => this.#sleep(ms),
      onConflict: () => options.observer.conflicted(),
    });
  }

  /** Reads the store, puts what it has in force, and follows it from then on. Resolves with the first reading, however long that takes. */
  async start(): Promise<void> {
    const { signal } = this.#stopping;
    for (let isRead = false; !isRead && !signal.aborted;) {
      isRead = await this.#catchUp().then(
        () => true,
        () => false,
      );
      if (!isRead) await this.#sleep(POLL_MS);
    }
    this.#polling = this.#poll();
  }

  /** Says each change to the routers at this broker, and hears of theirs. */
  listen(broker: Broadcast): void {
    this.#broker = broker;
    broker.onBroadcast((body) => {
      const revision = decodeRevision(body);
      if (revision !== undefined && revision > this.#followed.revision) void this.#catchUp().catch(() => undefined);
    });
  }

  get observer(): MadeObserver {
    return this.#options.observer;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling;
    await this.#commits.end();
  }

  get({ kind, name }: EntityKey): Promise<Entity | undefined> {
    return this.#options.store.get(kind, name);
  }

  hasAny(kind: string, prefix: string): Promise<boolean> {
    return this.#options.store.scan({ kind, prefix, limit: 1 }).then(({ entities }) => entities.length > 0);
  }

  async change(keys: readonly EntityKey[], decide: DecideChanges): Promise<ChangeResult> {
    if (this.#stopping.signal.aborted) return STOPPING;
    const committed = await this.#commits.commit(keys, decide);
    if (!committed.ok || committed.revision === undefined) return committed.ok ? { ok: true } : committed;
    this.#say(committed.revision);
    try {
      await this.#catchUp();
      return { ok: true };
    } catch (error) {
      return { ok: false, reason: "not-in-force", message: error instanceof Error ? error.message : String(error) };
    }
  }

  #say(revision: number): void {
    if (revision <= this.#said) return;
    this.#said = revision;
    void this.#broker?.broadcast(encodeRevision(revision)).catch(() => undefined);
  }

  /** Whoever asks while it is catching up waits for the turn that follows, which sees what the asking was about. */
  #catchUp(): Promise<void> {
    this.#nextCatchUp ??= this.#catchingUp.then(() => {
      this.#nextCatchUp = undefined;
      const turn = this.#takeOver();
      this.#catchingUp = turn.catch(() => undefined);
      return turn;
    });
    return this.#nextCatchUp;
  }

  async #takeOver(): Promise<void> {
    await this.#followed.catchUp();
    const { changed, revision } = this.#followed;
    try {
      if (changed.length > 0 || !this.#isInForce) await this.#options.takeOver(changed);
      this.#followed.takenOver();
      this.#isInForce = true;
      this.#options.observer.tookOver(revision);
    } catch (error) {
      this.#options.onError(error);
      throw error;
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await this.#sleep(POLL_MS);
      if (signal.aborted) return;
      await this.#catchUp().catch(() => undefined);
    }
  }

  #sleep(ms: number): Promise<void> {
    return this.#options.sleep(ms, this.#stopping.signal).catch(() => undefined);
  }
}

const STOPPING: ChangeResult = { ok: false, reason: "store", message: "the router is stopping", mayBeDone: false };

/** The changes of a router without a store. */
export const NOT_KEPT: MadeChanges = {
  isKept: false,
  observer: { changed: () => undefined },
  change: () => Promise.resolve({ ok: false, reason: "no-store" }),
  get: () => Promise.resolve(undefined),
  hasAny: () => Promise.resolve(false),
};
