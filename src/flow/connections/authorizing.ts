import type { ConnectionInForce, MadeConnection } from "../../domain/made/connection.ts";
import { CONNECTION_KIND, readMadeConnection } from "../../domain/made/connection.ts";
import type { ConnectionAuth } from "../../domain/target/function.ts";
import type { MadeChanges } from "../../ports/made.ts";

const LOOK_EVERY_MS = 1_000;
/** A router that was asked tries at once. When it is gone, another does so after this. */
const FOREIGN_AFTER_MS = 15_000;

export interface AuthorizingOptions {
  readonly connections: () => ReadonlyMap<string, ConnectionInForce>;
  readonly changes: MadeChanges;
  /** Resolves with why no token is to be had; undefined when one is. */
  readonly tryToken: (auth: ConnectionAuth, signal: AbortSignal) => Promise<string | undefined>;
  readonly nowMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Authorizes connections with OAuth: each begins as AUTHORIZING, and is AUTHORIZED once its endpoint has given a token, or
 * DEAUTHORIZED with the reason. Two routers may try the same one: the first result counts.
 */
export class Authorizing {
  readonly #options: AuthorizingOptions;
  readonly #stopping = new AbortController();
  /** By name, the revision that is being tried. */
  readonly #trying = new Map<string, number>();
  readonly #tries = new Set<Promise<void>>();
  #looking: Promise<void> = Promise.resolve();

  constructor(options: AuthorizingOptions) {
    this.#options = options;
  }

  /** Looks after connections that another router has left. */
  start(): void {
    this.#looking = this.#look();
  }

  /** Tries a connection now. */
  begin(name: string): void {
    const connection = this.#options.connections().get(name);
    if (connection?.state !== "AUTHORIZING" || this.#stopping.signal.aborted) return;
    const { revision } = connection;
    if (this.#trying.get(name) === revision) return;
    this.#trying.set(name, revision);
    const tried = this.#try(name, connection)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.onError(error);
      })
      .finally(() => {
        this.#tries.delete(tried);
        if (this.#trying.get(name) === revision) this.#trying.delete(name);
      });
    this.#tries.add(tried);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#looking, ...this.#tries]);
  }

  async #look(): Promise<void> {
    const { connections, nowMs, sleep } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
      for (const [name, { state, changedAtMs }] of connections()) {
        if (state === "AUTHORIZING" && nowMs() - changedAtMs > FOREIGN_AFTER_MS) this.begin(name);
      }
    }
  }

  async #try(name: string, { auth, revision }: ConnectionInForce): Promise<void> {
    const { changes, tryToken, nowMs } = this.#options;
    const reason = await tryToken(auth, this.#stopping.signal);
    const key = { kind: CONNECTION_KIND, name };
    await changes.change([key], ([found]) => {
      // It was changed meanwhile: whoever did so has it tried anew.
      if (found?.revision !== revision) return [];
      const before = readMadeConnection(found.value);
      if (before === undefined) return [];
      const after: MadeConnection =
        reason === undefined
          ? { ...before, state: "AUTHORIZED", lastAuthorizedAtMs: nowMs() }
          : { ...before, state: "DEAUTHORIZED", stateReason: reason };
      return [{ change: "put", ...key, value: JSON.stringify(after), expect: revision }];
    });
  }
}
