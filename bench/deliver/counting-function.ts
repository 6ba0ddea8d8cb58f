import { CalledServer } from "../called-server.ts";

/** What stands before the time at which an event was put. */
const PUT_AT = '"putAtMs":';

/** The HTTP function that is called, with an event or with a list of them: it counts, and knows when each was put. */
export class CountingFunction {
  readonly #server: CalledServer;
  readonly url: string;
  #count = 0;
  #calls = 0;
  #latenciesMs: number[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  private constructor(server: CalledServer) {
    this.#server = server;
    this.url = server.url;
    server.onCall((body) => this.#counted(body));
  }

  static async start(): Promise<CountingFunction> {
    return new CountingFunction(await CalledServer.start());
  }

  /** Begins anew. Resolves when so many events have come. */
  expect(count: number): Promise<void> {
    this.#count = 0;
    this.#calls = 0;
    this.#latenciesMs = [];
    return new Promise((resolve) => (this.#waiting = { count, resolve }));
  }

  get count(): number {
    return this.#count;
  }

  /** Since `expect`. */
  get eventsPerCall(): number {
    return this.#count / this.#calls;
  }

  /** From put to call, of every event since `expect`. */
  get latenciesMs(): readonly number[] {
    return this.#latenciesMs;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** Times are looked for, not parsed: what a megabyte takes to parse would be missing elsewhere. */
  #counted(body: Buffer): void {
    this.#calls++;
    const nowMs = performance.timeOrigin + performance.now();
    for (let at = body.indexOf(PUT_AT); at !== -1; at = body.indexOf(PUT_AT, at)) {
      at += PUT_AT.length;
      this.#count++;
      this.#latenciesMs.push(nowMs - Number.parseFloat(body.toString("latin1", at, at + 20)));
      if (this.#count === this.#waiting?.count) this.#waiting.resolve();
    }
  }
}
