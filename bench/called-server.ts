import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP service that answers each call at once, and then hands over what it was called with. */
export class CalledServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start(): Promise<CalledServer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new CalledServer(server);
  }

  /** @param answer the body of each answer; none where it is undefined. */
  onCall(called: (body: Buffer) => void, answer?: string): void {
    this.#server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        response.end(answer);
        called(Buffer.concat(chunks));
      });
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
