/** How often the model hands a message out before it is dead. */
export const MODEL_RECEIVES_MAX = 2;

export interface ModelMessage {
  readonly id: string;
  receives: number;
  isVisible: boolean;
}

/** A FIFO queue and its dead-letter queue in memory, as AWS was recorded to behave. It has no code of the router. */
export class FifoModel {
  readonly groups = new Map<string, ModelMessage[]>();
  /** The groups of which something may be received, in their order. */
  line: string[] = [];
  readonly dead: string[] = [];
  readonly #sent = new Set<number>();
  readonly #receivesMax: number;

  constructor(receivesMax = MODEL_RECEIVES_MAX) {
    this.#receivesMax = receivesMax;
  }

  send(group: string, key: number, id: string): boolean {
    if (this.#sent.has(key)) return false;
    this.#sent.add(key);
    this.groups.set(group, [...(this.groups.get(group) ?? []), { id, receives: 0, isVisible: true }]);
    this.#arrange();
    return true;
  }

  receive(limit: number, invisibleMs: number): string[] {
    const received: ModelMessage[] = [];
    for (const group of [...this.line]) {
      const before = received.length;
      for (const message of [...(this.groups.get(group) ?? [])]) {
        if (!message.isVisible || received.length === limit) break;
        if (message.receives >= this.#receivesMax) {
          this.remove(message.id);
          this.dead.push(message.id);
          continue;
        }
        received.push(message);
      }
      if (invisibleMs === 0 && received.length > before)
        this.line = [...this.line.filter((each) => each !== group), group];
    }
    for (const message of received) {
      message.receives += 1;
      message.isVisible = invisibleMs === 0;
    }
    this.#arrange();
    return received.map(({ id }) => id);
  }

  /** Their time is over, the oldest first. */
  release(ids: readonly string[]): void {
    for (const id of ids) this.giveBack(id);
  }

  remove(id: string): void {
    for (const [group, messages] of this.groups) {
      this.groups.set(
        group,
        messages.filter((message) => message.id !== id),
      );
    }
    this.#arrange();
  }

  giveBack(id: string): void {
    const message = this.find(id);
    if (message !== undefined) message.isVisible = true;
    this.#arrange();
  }

  find(id: string): ModelMessage | undefined {
    return this.all.find((message) => message.id === id);
  }

  get all(): readonly ModelMessage[] {
    return [...this.groups.values()].flat();
  }

  get counts() {
    const visible = this.all.filter(({ isVisible }) => isVisible).length;
    return { visible, invisible: this.all.length - visible, delayed: 0 };
  }

  /** A group stands in the line while its first message is visible. */
  #arrange(): void {
    const isReady = (group: string): boolean => this.groups.get(group)?.[0]?.isVisible === true;
    this.line = this.line.filter(isReady);
    for (const group of this.groups.keys()) if (isReady(group) && !this.line.includes(group)) this.line.push(group);
  }
}
