import type { ServerResponse } from "node:http";
import { readBody, serveHttp } from "../../test/support/http/http-target.ts";
import type { TestServer } from "../../test/support/http/http-target.ts";
import type { Ledger } from "./ledger.ts";

/** A call that a function or API destination got. */
export interface FunctionCall {
  /** The path that was called, which names the target. */
  readonly name: string;
  readonly deliveryId: string;
  readonly attempt: number;
  readonly eventId: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What happens to a call before it is answered. It resolves with whether it is still to be answered. */
export type Gate = (call: FunctionCall, response: ServerResponse) => Promise<boolean> | boolean;

/** How the functions answer that do not simply succeed. */
const STATUS: Readonly<Record<string, (attempt: number) => number>> = {
  flaky: (attempt) => (attempt === 1 ? 503 : 200),
  busy: (attempt) => (attempt === 1 ? 503 : 200),
  failing: () => 400,
  hopeless: () => 400,
  closed: () => 400,
};
/** What the busy function asks for, in seconds: time enough to do something to those who wait. */
export const BUSY_SECONDS = 8;
const API_DESTINATIONS = new Set(["crm", "closed"]);

/**
 * Everything that is called, on one server: the path says who. A call has ended when it was answered with a success,
 * and what is answered otherwise must end in a queue.
 */
export class Functions {
  readonly url: string;
  /** Calls answered with a success, by name. */
  readonly succeeded = new Map<string, number>();
  #gate: Gate = () => true;
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    this.#server = server;
    this.url = server.url;
  }

  /** The ledger is asked for when there is one: the configuration that it is made of needs the URL first. */
  static async start(ledger: () => Ledger): Promise<Functions> {
    const server = await serveHttp((request, response) => {
      void readBody(request).then(
        (body) => functions.#answer(readCall(request.url, request.headers, body), response, ledger()),
        () => undefined, // the caller was killed while it wrote
      );
    });
    const functions = new Functions(server);
    return functions;
  }

  /** Puts something in the way of every call, in place of what was there before. */
  before(gate: Gate): void {
    this.#gate = gate;
  }

  /** Nothing is in the way any more. */
  open(): void {
    this.#gate = () => true;
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  async #answer(call: FunctionCall, response: ServerResponse, ledger: Ledger): Promise<void> {
    if (!(await this.#gate(call, response))) return;
    const { name, eventId, deliveryId } = call;
    const status = STATUS[name]?.(call.attempt) ?? 200;
    if (name === "busy") response.setHeader("retry-after", BUSY_SECONDS);
    response.writeHead(status, { "content-type": "application/json" }).end(`{"status":${status}}`);
    if (status !== 200) return;
    const kind = API_DESTINATIONS.has(name) ? "api-destination" : "function";
    ledger.add({ eventId, target: name, place: `${kind}/${name}`, deliveryId });
    this.succeeded.set(name, (this.succeeded.get(name) ?? 0) + 1);
  }
}

function readCall(url = "", headers: Readonly<Record<string, unknown>>, body: string): FunctionCall {
  const event = JSON.parse(body) as { id: string; detail: Record<string, unknown> };
  return {
    name: url.slice(1),
    deliveryId: String(headers["busbar-delivery-id"]),
    attempt: Number(headers["busbar-attempt"]),
    eventId: event.id,
    detail: event.detail,
  };
}
