import { isJsonObject, parseJson } from "../../json/json.ts";
import type { JsonObject } from "../../json/json.ts";
import type { ControlLog } from "../../ports/broker/log.ts";
import { LOG_BYTES_MAX } from "../../ports/broker/log.ts";

/** What still holds is written again once the log has grown by this much: a full log discards its oldest records. */
const RENEWED_AFTER_BYTES = LOG_BYTES_MAX / 16;
/** A generous bound on what the broker stores for a record besides its body. */
const RECORD_EXTRA_BYTES = 256;
/** How long an append waits until this router has read its record back. It is durable already. */
const READ_BACK_TIMEOUT_MS = 2_000;

/** One kind of record in the control log. */
export interface LogUser {
  /** The `kind` of its records. */
  readonly kind: string;
  /**
   * Takes the next record of its kind.
   *
   * @param endBytes how much of the log had been read up to the end of the record.
   * @returns false for a record that it cannot read: any user of the broker can write to the log.
   */
  read(record: JsonObject, endBytes: number): boolean;
  /** The log's past has been read: what `read` takes from now on happens now. */
  caughtUp(): void;
  /** What still holds and was written before that position, to be written again. A router that knows it ignores the copy. */
  renewals(beforeBytes: number): readonly Buffer[];
}

/**
 * The control log of one router. It reads the log once, and hands each record to the user of its kind. Any append makes
 * the log grow, so each one renews the old records of all users.
 */
export class SharedLog {
  readonly #log: ControlLog;
  readonly #onUnreadable: () => void;
  readonly #users = new Map<string, LogUser>();
  /** Records of this router that it has not read back yet, by their text. */
  readonly #unread = new Map<string, () => void>();
  #readBytes = 0;
  #unreadableSeen = false;
  #isRenewing = false;

  /** @param onUnreadable called for the first record that nobody can read, and for no later one. */
  constructor(log: ControlLog, onUnreadable: () => void) {
    this.#log = log;
    this.#onUnreadable = onUnreadable;
  }

  /** Adds a user, before the log is read. */
  add(user: LogUser): void {
    this.#users.set(user.kind, user);
  }

  /** Reads the log. Resolves when its past is read, without a bound in time: the broker may take long. */
  async start(): Promise<void> {
    await this.#log.follow((body) => this.#read(body));
    for (const user of this.#users.values()) user.caughtUp();
  }

  /** Resolves when the record is durable, and mostly when this router has read it. @throws PublishError */
  async append(record: Buffer): Promise<void> {
    const text = record.toString();
    const { promise: readBack, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, READ_BACK_TIMEOUT_MS, undefined);
    this.#unread.set(text, () => resolve(undefined));
    try {
      await this.#log.append(record);
      await readBack;
    } finally {
      clearTimeout(timer);
      this.#unread.delete(text);
    }
    await this.#renew();
  }

  /** The next append repeats what fails here. */
  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    const beforeBytes = this.#readBytes - RENEWED_AFTER_BYTES;
    const old = [...this.#users.values()].flatMap((user) => user.renewals(beforeBytes));
    await Promise.allSettled(old.map((record) => this.#log.append(record)));
    this.#isRenewing = false;
  }

  #read(body: Buffer): void {
    this.#readBytes += body.length + RECORD_EXTRA_BYTES;
    const text = body.toString();
    const record = parseJson(text);
    const kind = isJsonObject(record) ? record["kind"] : undefined;
    const user = typeof kind === "string" ? this.#users.get(kind) : undefined;
    if (!isJsonObject(record) || user?.read(record, this.#readBytes) !== true) this.#reportUnreadable();
    this.#unread.get(text)?.();
  }

  #reportUnreadable(): void {
    if (!this.#unreadableSeen) this.#onUnreadable();
    this.#unreadableSeen = true;
  }
}
