import type { JsonObject } from "../../json/json.ts";
import type { LogUser, SharedLog } from "../control-log/shared-log.ts";

const NAME_CHARACTERS_MAX = 256;
const TRIAL_CHARACTERS_MAX = 1_024;
/** What is beyond is forgotten, the oldest first: then what routers held is tried one by one once more. */
const DESTINATIONS_MAX = 10_000;
const TRIALS_MAX = 100;

export interface OwnersOptions {
  readonly log: SharedLog;
  readonly newId: () => string;
}

/** What a router says of a queue whose order is kept, and which one router owns at a time. */
type State = "owned" | "trying" | "left";

interface Known {
  last: { readonly router: string; readonly state: State };
  /** The message that each router tries by itself, or was trying when it ended. */
  readonly trials: Map<string, string>;
}

/**
 * Who owns the queues of ordered functions, by the control log. RabbitMQ counts each return of a message as a crash, also
 * where a router gave it back in good order: so routers say here when they begin, and when they leave in good order. What
 * comes to a router after one that did not leave may be what that one died of, and is tried by itself. Before such a trial
 * the router says which message it tries: a message that routers were trying when they ended, twice, is the culprit.
 */
export class Owners implements LogUser {
  readonly kind = "ordered";
  readonly #log: SharedLog;
  readonly #newId: () => string;
  readonly #router: string;
  readonly #known = new Map<string, Known>();
  /** Take-overs of this router that it has not read back: what they resolve with. */
  readonly #pending = new Map<string, (isTrusted: boolean) => void>();

  constructor({ log, newId }: OwnersOptions) {
    this.#log = log;
    this.#newId = newId;
    this.#router = newId();
    log.add(this);
  }

  /**
   * To be called before anything is called for from a queue that this router has come to own.
   *
   * @returns whether what was handed out before was given back in good order, or by this router.
   * @throws PublishError
   */
  async takeOver(destination: string): Promise<boolean> {
    const id = this.#newId();
    let isTrusted = false;
    this.#pending.set(id, (trusted) => (isTrusted = trusted));
    try {
      await this.#append(destination, "owned", id);
    } finally {
      this.#pending.delete(id);
    }
    return isTrusted;
  }

  /** Nothing of what is given back was under way. @throws PublishError */
  leave(destination: string): Promise<void> {
    return this.#append(destination, "left", this.#newId());
  }

  /** To be called before a message is tried by itself. @throws PublishError */
  tries(destination: string, message: string): Promise<void> {
    return this.#append(destination, "trying", this.#newId(), message);
  }

  /** Nothing is left to be tried by itself. @throws PublishError */
  hasTried(destination: string): Promise<void> {
    return this.#append(destination, "owned", this.#newId());
  }

  /** How many other routers ended while they tried that message. */
  endsWith(destination: string, message: string): number {
    const trials = [...(this.#known.get(destination)?.trials ?? [])];
    return trials.filter(([router, trial]) => router !== this.#router && trial === message).length;
  }

  caughtUp(): void {
    // What is known of the past counts when a queue is taken over.
  }

  /** What is forgotten makes routers careful, and nothing else. */
  renewals(): readonly Buffer[] {
    return [];
  }

  read(record: JsonObject): boolean {
    const { destination, router, state, id, message } = record;
    if (!isText(destination, NAME_CHARACTERS_MAX) || !isText(router, NAME_CHARACTERS_MAX)) return false;
    if (!isText(id, NAME_CHARACTERS_MAX) || (state !== "owned" && state !== "trying" && state !== "left")) return false;
    if (state === "trying" && !isText(message, TRIAL_CHARACTERS_MAX)) return false;
    const before = this.#known.get(destination);
    const isTrusted = before !== undefined && (before.last.state === "left" || before.last.router === router);
    this.#pending.get(id)?.(isTrusted);
    const trials = before?.trials ?? new Map<string, string>();
    trials.delete(router);
    if (state === "trying" && typeof message === "string") trials.set(router, message);
    dropOldest(trials, TRIALS_MAX);
    this.#known.delete(destination);
    this.#known.set(destination, { last: { router, state }, trials });
    dropOldest(this.#known, DESTINATIONS_MAX);
    return true;
  }

  async #append(destination: string, state: State, id: string, message?: string): Promise<void> {
    const record = { kind: this.kind, destination, router: this.#router, state, id, message };
    await this.#log.append(Buffer.from(JSON.stringify(record)));
  }
}

function isText(value: unknown, charactersMax: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= charactersMax;
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
