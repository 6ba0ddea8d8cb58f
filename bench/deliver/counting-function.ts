import { CalledServer } from "../called-server.ts";

/** The HTTP function that is called: it counts, and knows when each event was put. */
export class CountingFunction {
  readonly #server: CalledServer;
  readonly url: string;
  #count = 0;
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

  /** Begins anew. Resolves when so many calls have come. */
  expect(count: number): Promise<void> {
    this.#count = 0;
    this.#latenciesMs = [];
    return new Promise((resolve) => (this.#waiting = { count, resolve }));
  }

  get count(): number {
    return this.#count;
  }

  /** From put to call, of every call since `expect`. */
  get latenciesMs(): readonly number[] {
    return this.#latenciesMs;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  #counted(body: Buffer): void {
    this.#count++;
    this.#latenciesMs.push(performance.timeOrigin + performance.now() - putAtMs(body));
    if (this.#count === this.#waiting?.count) this.#waiting.resolve();
  }
}

/** Looked for, not parsed: the time that a megabyte takes to parse would be missing elsewhere. */
function putAtMs(body: Buffer): number {
  const label = '"putAtMs":';
  const from = body.indexOf(label) + label.length;
  return Number.parseFloat(body.toString("latin1", from, from + 20));
}
