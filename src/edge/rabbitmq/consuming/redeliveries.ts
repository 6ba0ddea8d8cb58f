/**
 * The handlings that run, by the key of their message. After a lost connection RabbitMQ delivers every held message
 * again while its handler still runs. The redelivery shares the result of the running handling: handled again, it would
 * call the function twice, and an innocent message would become a suspect.
 */
export class Redeliveries<Result> {
  readonly #handlings = new Map<string, Promise<Result>>();

  /** The handling of an earlier delivery of the same message, while it runs. */
  running(key: string): Promise<Result> | undefined {
    return this.#handlings.get(key);
  }

  add(key: string, handling: Promise<Result>): void {
    this.#handlings.set(key, handling);
  }

  /** Forgets a handling that has ended, unless another one of the same message has begun since. */
  remove(key: string, handling: Promise<Result>): void {
    if (this.#handlings.get(key) === handling) this.#handlings.delete(key);
  }
}
