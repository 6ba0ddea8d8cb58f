import type { Message } from "../../domain/queue/message.ts";
import { MEMBERS_MAX, packOf } from "../../domain/queue/pack.ts";

/** Of a pack's bodies together. A message that is longer goes alone: it would gain nothing, and be copied. */
const BYTES_MAX = 64 * 1024;

/** What is published for some messages: the only one of them, or their pack. */
export interface Parcel {
  readonly message: Message;
  /** The places of those messages in the list that was gathered. */
  readonly indexes: readonly number[];
}

export interface GatherOptions {
  /** Whether messages to a queue may travel together. */
  readonly mayPack: (queue: string) => boolean;
  readonly newId: () => string;
}

/** Puts messages to the same queue together, in their order. Takes time in proportion to their number and bytes. */
export function gather(messages: readonly Message[], { mayPack, newId }: GatherOptions): readonly Parcel[] {
  const loads: Load[] = [];
  const open = new Map<string, Load>();
  for (const [index, message] of messages.entries()) {
    const load = open.get(message.queue);
    if (load?.tryAdd(message, index) === true) continue;
    const next = new Load(message, index);
    loads.push(next);
    if (mayPack(message.queue)) open.set(message.queue, next);
  }
  return loads.map((load) => load.parcel(newId));
}

/** The messages of one parcel while they are gathered. */
class Load {
  readonly #first: Message;
  readonly #members: Message[];
  readonly #indexes: number[];
  #bytes: number;

  constructor(first: Message, index: number) {
    this.#first = first;
    this.#members = [first];
    this.#indexes = [index];
    this.#bytes = first.body.length;
  }

  tryAdd(message: Message, index: number): boolean {
    const bytes = this.#bytes + message.body.length;
    if (this.#members.length >= MEMBERS_MAX || bytes > BYTES_MAX) return false;
    this.#members.push(message);
    this.#indexes.push(index);
    this.#bytes = bytes;
    return true;
  }

  parcel(newId: () => string): Parcel {
    const { queue } = this.#first;
    const message = this.#members.length === 1 ? this.#first : packOf(newId(), queue, this.#members);
    return { message, indexes: this.#indexes };
  }
}
