import type { BatchEnd } from "../../domain/delivery/batch-fact.ts";
import type { Batch, BatchLimits } from "../../collections/batcher.ts";
import { Batcher } from "../../collections/batcher.ts";

/** A batch that may be called for. */
export interface EndedBatch<Item> extends Omit<Batch<Item>, "bytes"> {
  readonly end: BatchEnd;
}

/** What a batch is collected for. */
export interface Collector {
  /** The same for all batches with the same limits that belong to one target. */
  readonly target: string;
  /** Only items of one group are in a batch. */
  readonly group: string;
  readonly limits: BatchLimits;
}

/**
 * The batches that are collected for one function: one for each target and group. It has no clock.
 *
 * The batches of a target have windows of one length, so that the one that began first ends first: each step takes time in
 * proportion to the number of targets at most, however many groups there are.
 */
export class OpenBatches<Item> {
  /** By target, the batches of its groups, the one that began first at the front. */
  readonly #open = new Map<string, Map<string, Batcher<Item>>>();
  #full: EndedBatch<Item>[] = [];

  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#open.size === 0;
  }

  /** When the next window ends; undefined while nothing is collected. */
  get dueAtMs(): number | undefined {
    const [first] = this.#firsts().sort((one, other) => one.dueAtMs - other.dueAtMs);
    return first?.dueAtMs;
  }

  add({ target, group, limits }: Collector, item: Item, bytes: number, nowMs: number): void {
    const groups = this.#open.get(target) ?? new Map<string, Batcher<Item>>();
    const batcher = groups.get(group) ?? new Batcher<Item>(limits);
    const full = batcher.add(item, bytes, nowMs);
    this.#full.push(...full.map((batch) => ({ ...batch, end: "full" as const })));
    // What begins a next batch begins later than all others.
    if (full.length > 0) groups.delete(group);
    if (!batcher.isEmpty) groups.set(group, batcher);
    if (groups.size > 0) this.#open.set(target, groups);
    else this.#open.delete(target);
  }

  /** Whether a batch is full, or its window is over. */
  isReady(nowMs: number): boolean {
    return this.#full.length > 0 || this.#firsts().some(({ dueAtMs }) => dueAtMs <= nowMs);
  }

  /** Ends the batch that is full, or whose window is over, and that began first. */
  takeReady(nowMs: number): EndedBatch<Item> | undefined {
    const due = this.#firsts().filter(({ dueAtMs }) => dueAtMs <= nowMs);
    const [first] = due.sort((one, other) => one.sinceMs - other.sinceMs);
    const [full] = this.#full;
    if (full !== undefined && full.sinceMs <= (first?.sinceMs ?? Infinity)) return this.#full.shift();
    return first && this.#take(first, "window");
  }

  /** The same of a batch that is neither: the one that began first. */
  takeOldest(): EndedBatch<Item> | undefined {
    const [first] = this.#firsts().sort((one, other) => one.sinceMs - other.sinceMs);
    return this.#full.shift() ?? (first && this.#take(first, "room"));
  }

  /** Forgets all other items. A batch that has none left is no batch, and one that goes on keeps its window. */
  keep(isKept: (item: Item) => boolean): void {
    this.#full = this.#full
      .map((batch) => ({ ...batch, items: batch.items.filter(isKept) }))
      .filter(({ items }) => items.length > 0);
    for (const [target, groups] of this.#open) {
      for (const [group, batcher] of groups) {
        batcher.keep(isKept);
        if (batcher.isEmpty) groups.delete(group);
      }
      if (groups.size === 0) this.#open.delete(target);
    }
  }

  /** When the item that came first came. */
  get sinceMs(): number | undefined {
    const begun = [...this.#firsts(), ...this.#full.slice(0, 1)].map(({ sinceMs }) => sinceMs);
    return begun.length === 0 ? undefined : Math.min(...begun);
  }

  /** Of each target, the batch that began first. */
  #firsts(): First<Item>[] {
    return [...this.#open].flatMap(([target, groups]) => {
      const [entry] = groups;
      if (entry === undefined) return [];
      const [group, batcher] = entry;
      const { dueAtMs = 0, sinceMs } = batcher;
      return [{ target, group, batcher, dueAtMs, sinceMs }];
    });
  }

  #take({ target, group, batcher }: First<Item>, end: BatchEnd): EndedBatch<Item> | undefined {
    const groups = this.#open.get(target);
    groups?.delete(group);
    if (groups?.size === 0) this.#open.delete(target);
    const batch = batcher.take();
    return batch && { ...batch, end };
  }
}

interface First<Item> {
  readonly target: string;
  readonly group: string;
  readonly batcher: Batcher<Item>;
  readonly dueAtMs: number;
  readonly sinceMs: number;
}
