import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestServer } from "../http/http-target.ts";
import { readBody, serveHttp } from "../http/http-target.ts";

/**
 * A container with AWS's Lambda Runtime Interface Emulator, as far as a caller can tell: it takes one call at a time.
 * A second one that comes before the first is answered crashes it, which ends every connection and is counted.
 */
export class LambdaEmulator {
  /** The bodies it was called with, in order. */
  readonly events: unknown[] = [];
  crashes = 0;
  /** How long a call takes. */
  callMs: number;
  readonly #open = new Set<IncomingMessage>();
  #server: TestServer | undefined;

  private constructor(callMs: number) {
    this.callMs = callMs;
  }

  static async start(callMs: number): Promise<LambdaEmulator> {
    const emulator = new LambdaEmulator(callMs);
    emulator.#server = await serveHttp((request, response) => void emulator.#serve(request, response));
    return emulator;
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(request);
    if (this.#open.size > 1) return this.#crash();
    this.events.push(JSON.parse(await readBody(request)));
    await sleep(this.callMs);
    // The answer and the caller's next call may meet: the call is over once its answer is on its way.
    this.#open.delete(request);
    response.end('{"done":true}');
  }

  #crash(): void {
    this.crashes++;
    for (const request of this.#open) request.socket.destroy();
    this.#open.clear();
  }
}
