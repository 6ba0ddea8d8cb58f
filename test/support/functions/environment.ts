import http from "node:http";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** One request on a connection of its own, as a balancer that picks a router per connection makes it. */
function send(port: number, method: string, path: string, functionName: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host: `${functionName}.localhost:9001`, connection: "close" };
    const request = http.request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/**
 * A function's environment that polls for work and answers it, every request going to the next port in turn: so an
 * answer mostly arrives at another router than the one that handed the work out.
 */
export class PollingEnvironment {
  readonly requestIds: string[] = [];
  readonly events: unknown[] = [];
  readonly refusals: number[] = [];
  readonly #ports: readonly number[];
  readonly #functionName: string;
  #turn: number;
  #stopped = false;

  constructor(functionName: string, ports: readonly number[], firstTurn = 0) {
    this.#functionName = functionName;
    this.#ports = ports;
    this.#turn = firstTurn;
  }

  /** Polls until it is stopped. A connection that ends without an answer is only polled again. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#serveOne();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #serveOne(): Promise<void> {
    const next = await send(this.#port(), "GET", "/2018-06-01/runtime/invocation/next", this.#functionName);
    if (next.status !== 200) return;
    const id = String(next.headers["lambda-runtime-aws-request-id"]);
    this.requestIds.push(id);
    this.events.push(JSON.parse(next.body));
    const path = `/2018-06-01/runtime/invocation/${id}/response`;
    const answer = await send(this.#port(), "POST", path, this.#functionName, '"seen"');
    if (answer.status !== 202) this.refusals.push(answer.status);
  }

  #port(): number {
    const port = this.#ports[this.#turn++ % this.#ports.length];
    if (port === undefined) throw new Error("an environment needs a port to poll");
    return port;
  }
}
