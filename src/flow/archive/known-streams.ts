import type { JsonObject } from "../../json/json.ts";
import type { LogUser, SharedLog } from "../control-log/shared-log.ts";
import type { NumberedStream, StreamRecord } from "./stream-record.ts";
import { readStreamRecord, writeStreamRecord } from "./stream-record.ts";

export interface KnownStreamsOptions {
  readonly log: SharedLog;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

/**
 * Which streams each archive has had, by the control log: no broker lists its queues, and a file does not say what
 * retention it had before. All routers read the same log, and so number the streams alike.
 */
export class KnownStreams implements LogUser {
  readonly kind = "archive";
  readonly #options: KnownStreamsOptions;
  readonly #recorded = new Map<string, { readonly record: StreamRecord; readonly endBytes: number }>();
  /** False while the log's past is read: a stream that seems new may be known a record later. */
  #isCaughtUp = false;
  #onCaughtUp: () => void = () => undefined;

  constructor(options: KnownStreamsOptions) {
    this.#options = options;
    options.log.add(this);
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  whenCaughtUp(listener: () => void): void {
    this.#onCaughtUp = listener;
  }

  /** Every archive of which there may be something left. */
  get archives(): Iterable<string> {
    return this.#recorded.keys();
  }

  /** In the order of their numbers. */
  of(archive: string): readonly NumberedStream[] {
    return this.#recorded.get(archive)?.record.streams ?? [];
  }

  /** When an archive was deleted that has not come back, in epoch milliseconds. */
  deletedAtMs(archive: string): number | undefined {
    return this.#recorded.get(archive)?.record.deletedAtMs;
  }

  /** Notes that events come to a stream, unless that is known. @throws PublishError */
  async add(archive: string, stream: string): Promise<void> {
    const known = this.of(archive);
    const isDeleted = this.deletedAtMs(archive) !== undefined;
    // One of an earlier retention keeps its number: two routers with two configurations would else never agree.
    if (!isDeleted && known.some((each) => each.stream === stream)) return;
    const number = (known.at(-1)?.number ?? 0) + 1;
    const added = { number, stream, sinceMs: this.#options.nowMs() };
    await this.#append({ archive, streams: isDeleted ? [added] : [...known, added] });
  }

  /** Notes that streams are no more. @throws PublishError */
  async drop(archive: string, gone: readonly string[]): Promise<void> {
    await this.#append({ archive, streams: this.of(archive).filter(({ stream }) => !gone.includes(stream)) });
  }

  /** Notes that an archive was deleted. Its streams are known until they are dropped. @throws PublishError */
  async markDeleted(archive: string): Promise<void> {
    await this.#append({ archive, streams: this.of(archive), deletedAtMs: this.#options.nowMs() });
  }

  read(read: JsonObject, endBytes: number): boolean {
    const record = readStreamRecord(read);
    if (record === undefined) return false;
    const { archive, id, streams } = record;
    const last = this.#recorded.get(archive)?.record;
    if (record.renewed && last !== undefined && last.id !== id) return true;
    if (streams.length === 0) this.#recorded.delete(archive);
    else this.#recorded.set(archive, { record, endBytes });
    return true;
  }

  caughtUp(): void {
    this.#isCaughtUp = true;
    this.#onCaughtUp();
  }

  renewals(beforeBytes: number): readonly Buffer[] {
    const old = [...this.#recorded.values()].filter(({ endBytes }) => endBytes < beforeBytes);
    return old.map(({ record }) => writeStreamRecord({ ...record, renewed: true }));
  }

  async #append(changed: Pick<StreamRecord, "archive" | "streams" | "deletedAtMs">): Promise<void> {
    const { log, newId } = this.#options;
    await log.append(writeStreamRecord({ kind: "archive", id: newId(), ...changed }));
  }
}
