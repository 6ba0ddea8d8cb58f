import type { IncomingMessage, ServerResponse } from "node:http";
import type { TestServer } from "../http/http-target.ts";
import { readBody, serveHttp } from "../http/http-target.ts";

/** One call that a function got. */
export interface Call {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly eventId: string;
  readonly body: unknown;
  readonly headers: IncomingMessage["headers"];
  readonly atMs: number;
}

/** Answers a call in a way of its own. */
export type Behaviour = (call: Call, response: ServerResponse) => void | Promise<void>;

/** A function over HTTP that keeps what it is called with. */
export class RecordingFunction {
  readonly calls: readonly Call[];
  readonly url: string;
  readonly #server: TestServer;

  private constructor(server: TestServer, calls: readonly Call[]) {
    this.#server = server;
    this.url = server.url;
    this.calls = calls;
  }

  static async start(behaviour: Behaviour = succeed): Promise<RecordingFunction> {
    const calls: Call[] = [];
    const server = await serveHttp((request, response) => void record(request, response, calls, behaviour));
    return new RecordingFunction(server, calls);
  }

  /** The ids of the events it was called with, each once. */
  get eventIds(): ReadonlySet<string> {
    return new Set(this.calls.map((call) => call.eventId));
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

/** What a healthy function answers. */
export const succeed: Behaviour = (_call, response) => {
  response.setHeader("content-type", "application/json").end('{"done":true}');
};

async function record(
  request: IncomingMessage,
  response: ServerResponse,
  calls: Call[],
  behaviour: Behaviour,
): Promise<void> {
  const body: unknown = JSON.parse(await readBody(request));
  const call: Call = {
    deliveryId: String(request.headers["busbar-delivery-id"]),
    attempt: Number(request.headers["busbar-attempt"]),
    eventId: String((body as { id?: string } | null)?.id),
    body,
    headers: request.headers,
    atMs: Date.now(),
  };
  calls.push(call);
  await behaviour(call, response);
}
