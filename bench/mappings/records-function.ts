import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

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
  readonly #server: Server;
  readonly url: string;
  #expected: Expected | undefined;
  #records = 0;
  #calls = 0;
  #first = { records: 0, atMs: 0 };

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end("{}");
        this.#called((JSON.parse(Buffer.concat(chunks).toString()) as { Records: readonly unknown[] }).Records.length);
      });
    });
  }

  static async start(): Promise<RecordsFunction> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RecordsFunction(server);
  }

  /** Begins anew. Resolves when so many records have come. */
  expect(records: number): Promise<Called> {
    this.#records = 0;
    this.#calls = 0;
    return new Promise((resolve) => (this.#expected = { records, resolve }));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
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
