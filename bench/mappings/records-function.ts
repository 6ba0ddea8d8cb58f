import { CalledServer } from "../called-server.ts";

/** What a function was called with, from its first call to its last. */
export interface Called {
  readonly records: number;
  readonly calls: number;
  /** Records a second, from the end of the first call on: what that had does not count. */
  readonly perSecond: number;
}

interface Expected {
  readonly records: number;
  readonly resolve: (called: Called) => void;
}

/** The HTTP function that is called with batches: it counts their records. */
export class RecordsFunction {
  readonly #server: CalledServer;
  readonly url: string;
  #expected: Expected | undefined;
  #records = 0;
  #calls = 0;
  #first = { records: 0, atMs: 0 };

  private constructor(server: CalledServer) {
    this.#server = server;
    this.url = server.url;
    server.onCall(
      (body) => this.#called((JSON.parse(body.toString()) as { Records: readonly unknown[] }).Records.length),
      "{}",
    );
  }

  static async start(): Promise<RecordsFunction> {
    return new RecordsFunction(await CalledServer.start());
  }

  /** Begins anew. Resolves when so many records have come. */
  expect(records: number): Promise<Called> {
    this.#records = 0;
    this.#calls = 0;
    return new Promise((resolve) => (this.#expected = { records, resolve }));
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  #called(records: number): void {
    const nowMs = performance.now();
    this.#records += records;
    this.#calls += 1;
    if (this.#calls === 1) this.#first = { records, atMs: nowMs };
    if (this.#expected === undefined || this.#records < this.#expected.records) return;
    const seconds = (nowMs - this.#first.atMs) / 1_000;
    const perSecond = Math.round((this.#records - this.#first.records) / seconds);
    this.#expected.resolve({ records: this.#records, calls: this.#calls, perSecond });
    this.#expected = undefined;
  }
}
