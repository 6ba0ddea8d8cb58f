import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The HTTP function that is called: it counts, and knows when each event was put. */
export class CountingFunction {
  readonly #server: Server;
  readonly url: string;
  #count = 0;
  #latenciesMs: number[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end();
        this.#counted(Buffer.concat(chunks));
      });
    });
  }

  static async start(): Promise<CountingFunction> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CountingFunction(server);
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

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
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
