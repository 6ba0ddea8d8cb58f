import type { Identity } from "../../../domain/arn.ts";
import { compileKept } from "../../../domain/schedule/kept/compile-kept.ts";
import type { KeptEntry } from "../../../domain/schedule/kept/kept-entry.ts";
import { keptEntry } from "../../../domain/schedule/kept/kept-entry.ts";
import { readKeptSchedule, SCHEDULE_KIND } from "../../../domain/schedule/kept/kept-schedule.ts";
import type { Schedule } from "../../../domain/schedule/schedule.ts";
import type { LastFired, Schedules, StoredEntry, StoredPage } from "../../../ports/admin/schedules.ts";
import type { ScheduleBook } from "../../../ports/schedule-book.ts";
import type { Entity } from "../../../ports/store/entities.ts";

const UNREADABLE: KeptEntry = { ok: false, reason: "it was written by another version" };

/** Shows the schedules of the store, and when each schedule was fired last. */
export class KeptList implements Schedules {
  readonly #book: ScheduleBook;
  readonly #identity: Identity;
  readonly #last: { of(schedule: string): LastFired | undefined };

  constructor(book: ScheduleBook, identity: Identity, last: { of(schedule: string): LastFired | undefined }) {
    this.#book = book;
    this.#identity = identity;
    this.#last = last;
  }

  lastFired(schedule: string): LastFired | undefined {
    return this.#last.of(schedule);
  }

  async kept(key: string): Promise<Schedule | undefined> {
    const entity = await this.#book.get({ kind: SCHEDULE_KIND, name: key });
    return entity && this.#read(entity);
  }

  keptAfter(key: string, limit: number): Promise<StoredPage<Schedule>> {
    return this.#pageAfter(key, limit, (entity) => this.#read(entity));
  }

  entriesAfter(key: string, limit: number): Promise<StoredPage<StoredEntry>> {
    return this.#pageAfter(key, limit, ({ name, value }) => ({ key: name, written: this.#written(name, value) }));
  }

  async #pageAfter<Item>(
    key: string,
    limit: number,
    itemOf: (entity: Entity) => Item | undefined,
  ): Promise<StoredPage<Item>> {
    const { entities, more } = await this.#book.scan({ kind: SCHEDULE_KIND, after: key, limit });
    const items = entities.flatMap((entity) => itemOf(entity) ?? []);
    const last = entities.at(-1);
    return more && last !== undefined ? { items, next: last.name } : { items };
  }

  #written(key: string, value: string): KeptEntry {
    const kept = readKeptSchedule(value);
    return kept === undefined ? UNREADABLE : keptEntry(key, kept, this.#identity);
  }

  #read({ name, value }: Entity): Schedule | undefined {
    const kept = readKeptSchedule(value);
    return kept && compileKept(name, kept, this.#identity);
  }
}
