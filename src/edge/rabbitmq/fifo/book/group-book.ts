/** A message that the owner of a FIFO queue has read and not deleted. */
export interface GroupMessage {
  /** Tells it from every other message of its queue. */
  readonly key: string;
  readonly group: string;
  readonly bytes: number;
  /** Epoch milliseconds, as all times here. */
  readonly sentAtMs: number;
  /** How often it was received so far. */
  receives: number;
  /** When it was received first and last; undefined while it was not. */
  firstReceivedAtMs: number | undefined;
  receivedAtMs: number | undefined;
  /** When it becomes visible; undefined while it is. */
  visibleAtMs: number | undefined;
}

interface Group<M extends GroupMessage> {
  readonly name: string;
  /** In their order. */
  readonly messages: Map<string, M>;
}

export interface TakeOptions<M extends GroupMessage> {
  readonly limit: number;
  readonly bytesMax: number;
  readonly invisibleMs: number;
  /** What becomes of a message that is visible: handed out, or settled by the caller, who removes it from the book. */
  readonly fateOf: (message: M) => "hand-out" | "settle";
}

/** What a take came to. What is to be settled is invisible until the caller has removed it, or has shown it again. */
export interface TakenFromGroups<M extends GroupMessage> {
  readonly handedOut: readonly M[];
  readonly settling: readonly M[];
}

/** A time that never comes: a message is being moved, and nobody else may have it. */
export const UNTIL_SETTLED_MS = Infinity;

/**
 * The messages of a FIFO queue by group (docs/adr/0087-the-first-invisible-message-locks-its-group.md). A message is handed
 * out when it is visible and no older one of its group is invisible. Groups of which something may be handed out stand in a
 * line; one that has become available goes to its end. It knows no clock and no broker.
 */
export class GroupBook<M extends GroupMessage> {
  readonly #groups = new Map<string, Group<M>>();
  readonly #groupOf = new Map<string, Group<M>>();
  /** The first is next. */
  readonly #line = new Set<Group<M>>();
  #bytes = 0;

  get size(): number {
    return this.#groupOf.size;
  }

  /** Of all bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a take would find something. */
  get isAvailable(): boolean {
    return this.#line.size > 0;
  }

  find(key: string): M | undefined {
    return this.#groupOf.get(key)?.messages.get(key);
  }

  /** Every message, group by group. */
  *all(): Generator<M> {
    for (const { messages } of this.#groups.values()) yield* messages.values();
  }

  /** A message behind all others of its group. */
  add(message: M): void {
    const group = this.#groups.get(message.group) ?? { name: message.group, messages: new Map<string, M>() };
    this.#groups.set(group.name, group);
    group.messages.set(message.key, message);
    this.#groupOf.set(message.key, group);
    this.#bytes += message.bytes;
    this.#arrange(group);
  }

  /** The message is deleted, or somewhere else. @returns false when it is not here */
  remove(message: M): boolean {
    const group = this.#groupOf.get(message.key);
    if (group?.messages.get(message.key) !== message) return false;
    group.messages.delete(message.key);
    this.#groupOf.delete(message.key);
    this.#bytes -= message.bytes;
    if (group.messages.size === 0) this.#groups.delete(group.name);
    this.#arrange(group);
    return true;
  }

  /** @param visibleAtMs undefined: now. */
  hide(message: M, visibleAtMs: number | undefined): void {
    message.visibleAtMs = visibleAtMs;
    const group = this.#groupOf.get(message.key);
    if (group !== undefined) this.#arrange(group);
  }

  /** Makes visible what is due, the longest due first. @returns them */
  release(nowMs: number): readonly M[] {
    const due = [...this.all()].filter(({ visibleAtMs }) => visibleAtMs !== undefined && visibleAtMs <= nowMs);
    due.sort((one, other) => (one.visibleAtMs ?? 0) - (other.visibleAtMs ?? 0));
    for (const message of due) this.hide(message, undefined);
    return due;
  }

  /** When `release` finds the next; undefined when nothing waits for a time. */
  nextDueAtMs(): number | undefined {
    let nextMs = UNTIL_SETTLED_MS;
    for (const { visibleAtMs } of this.all()) nextMs = Math.min(nextMs, visibleAtMs ?? UNTIL_SETTLED_MS);
    return nextMs === UNTIL_SETTLED_MS ? undefined : nextMs;
  }

  /** Hands out messages of the groups whose turn it is. What becomes available meanwhile waits for the next take. */
  take(nowMs: number, options: TakeOptions<M>): TakenFromGroups<M> {
    const handedOut: M[] = [];
    const settling: M[] = [];
    let bytes = 0;
    const isFull = (): boolean =>
      handedOut.length >= options.limit || (handedOut.length > 0 && bytes >= options.bytesMax);
    for (const group of [...this.#line]) {
      if (isFull()) break;
      let hasBeen = false;
      for (const message of group.messages.values()) {
        if (isFull() || message.visibleAtMs !== undefined) break;
        if (options.fateOf(message) === "settle") {
          message.visibleAtMs = UNTIL_SETTLED_MS;
          settling.push(message);
          // Those behind it wait until it is settled.
          break;
        }
        hasBeen = true;
        handedOut.push(message);
        bytes += message.bytes;
      }
      if (hasBeen && options.invisibleMs === 0) this.#toTheEnd(group);
    }
    for (const message of handedOut) receive(message, nowMs, options.invisibleMs);
    for (const message of [...handedOut, ...settling]) {
      const group = this.#groupOf.get(message.key);
      if (group !== undefined) this.#arrange(group);
    }
    return { handedOut, settling };
  }

  #toTheEnd(group: Group<M>): void {
    this.#line.delete(group);
    this.#line.add(group);
  }

  /** A group stands in the line while its first message is visible. */
  #arrange(group: Group<M>): void {
    const [first] = group.messages.values();
    if (first === undefined || first.visibleAtMs !== undefined) this.#line.delete(group);
    else this.#line.add(group);
  }
}

function receive(message: GroupMessage, nowMs: number, invisibleMs: number): void {
  message.receives += 1;
  message.firstReceivedAtMs ??= nowMs;
  message.receivedAtMs = nowMs;
  message.visibleAtMs = invisibleMs === 0 ? undefined : nowMs + invisibleMs;
}
