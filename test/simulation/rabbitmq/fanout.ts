/** The exclusive queues of routers and the exchange that leads to all of them. What nobody receives is lost. */
export class Fanout {
  readonly #receivers = new Map<string, (body: Buffer) => void>();
  readonly #bound = new Set<string>();
  #made = 0;

  /**
   * @param given empty for one that the broker names.
   * @returns its name.
   */
  declare(given: string): string {
    const name = given === "" ? `amq.gen-${(this.#made += 1)}` : given;
    this.#receivers.set(name, () => undefined);
    return name;
  }

  has(queue: string): boolean {
    return this.#receivers.has(queue);
  }

  bind(queue: string): void {
    if (this.has(queue)) this.#bound.add(queue);
  }

  consume(queue: string, receive: (body: Buffer) => void): void {
    this.#receivers.set(queue, receive);
  }

  /** The connection that it belongs to has gone. */
  delete(queue: string): void {
    this.#receivers.delete(queue);
    this.#bound.delete(queue);
  }

  broadcast(body: Buffer): void {
    for (const queue of this.#bound) this.send(queue, body);
  }

  /** Returns false when there is no such queue. */
  send(queue: string, body: Buffer): boolean {
    const receive = this.#receivers.get(queue);
    receive?.(body);
    return receive !== undefined;
  }
}
