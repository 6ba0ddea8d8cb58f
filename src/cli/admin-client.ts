import type { JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import { CommandError } from "./command-error.ts";
import { callRouter, notARouter } from "./router-call.ts";

/** A queue, with how many messages wait in it and who reads it. */
export interface QueueDepth {
  readonly name: string;
  readonly ready: number;
  readonly consumers: number;
}

/** A message as the admin API shows it. Its body is whatever its sender put in, as text. */
export interface QueueMessage {
  readonly id: string;
  readonly headers: JsonObject;
  readonly body: string;
}

/** The queues of a router's admin API. Every method throws a CommandError when it is refused or nobody answers. */
export class AdminClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async queues(): Promise<readonly QueueDepth[]> {
    const { queues } = await this.#call("GET", "/api/v1/queues");
    return queues as unknown as readonly QueueDepth[];
  }

  async peek(queue: string, limit: number): Promise<readonly QueueMessage[]> {
    return this.#messages(queue, "peek", limit);
  }

  async receive(queue: string, limit: number): Promise<readonly QueueMessage[]> {
    return this.#messages(queue, "receive", limit);
  }

  /** Resolves with how many messages were deleted. */
  async purge(queue: string): Promise<number> {
    const { purged } = await this.#call("POST", `${queuePath(queue)}/purge`);
    return Number(purged);
  }

  async #messages(queue: string, action: "peek" | "receive", limit: number): Promise<readonly QueueMessage[]> {
    const { messages } = await this.#call("POST", `${queuePath(queue)}/${action}?limit=${limit}`);
    return messages as unknown as readonly QueueMessage[];
  }

  /** Refusals are problem details (RFC 9457), whose `detail` is for people. */
  async #call(method: string, path: string): Promise<JsonObject> {
    const answer = await callRouter(`${this.#url}${path}`, { method });
    const { status, body } = answer;
    if (status === 200 && isJsonObject(body)) return body;
    if (isJsonObject(body) && typeof body.detail === "string") throw new CommandError(body.detail);
    throw notARouter(this.#url, answer);
  }
}

function queuePath(queue: string): string {
  return `/api/v1/queues/${encodeURIComponent(queue)}`;
}
