import type { DeadLetter } from "../../domain/failure/dead-letter-reading.ts";
import type { Counted, Listed, Purged, Redriven } from "../../ports/dead-letters.ts";
import type { JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import type { Pause, PauseFacts } from "../../ports/pauses.ts";
import { CommandError } from "../command-error.ts";
import type { RouterAnswer } from "./router-call.ts";
import { brokenOff, callRouter, callRouterForLines, notARouter, TOKEN_HINT } from "./router-call.ts";
import { inOneLine } from "../output/output.ts";

export interface QueueMessages {
  readonly messages: readonly QueueMessage[];
  /** Why they are no more: `bytes` when the answer holds as much as one may. */
  readonly end: "finished" | "limit" | "bytes";
}

/** A queue, with how many messages are ready in it and how many consumers it has. */
export interface QueueDepth {
  readonly name: string;
  readonly ready: number;
  readonly consumers: number;
}

/** A queue that the broker says nothing of, with the reason. */
export interface RefusedQueue {
  readonly name: string;
  readonly problem: string;
}

/** A message as the admin API shows it. Its body is whatever its sender put in, as text. */
export interface QueueMessage {
  readonly id: string;
  readonly headers: JsonObject;
  readonly body: string;
}

/** Query parameters as the admin API knows them. */
export type DeadLetterQuery = Readonly<Record<string, string>>;

/** A dead letter or a parked message, as the admin API lists it. */
export type ListedDeadLetter = Omit<DeadLetter, "atMs" | "origin"> & {
  readonly time?: string;
  /** `bus/name`. */
  readonly rule?: string;
  readonly target?: string;
};

/** What a redrive came to. */
export type RedriveResult = Omit<Redriven, "startedAtMs"> & { readonly startedAt: string };

/** What a router's admin API can do. Every method throws a CommandError when it is refused or nobody answers. */
export class AdminClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async queues(): Promise<readonly (QueueDepth | RefusedQueue)[]> {
    const { queues } = await this.#call("GET", "/api/v1/queues");
    return queues as unknown as readonly (QueueDepth | RefusedQueue)[];
  }

  async peek(queue: string, limit: number): Promise<QueueMessages> {
    return this.#messages(queue, "peek", limit);
  }

  async receive(queue: string, limit: number): Promise<QueueMessages> {
    return this.#messages(queue, "receive", limit);
  }

  /** Resolves with how many messages were deleted. */
  async purge(queue: string): Promise<number> {
    const { purged } = await this.#call("POST", `${queuePath(queue)}/purge`);
    return Number(purged);
  }

  async paused(): Promise<readonly Pause[]> {
    const { paused } = await this.#call("GET", "/api/v1/paused");
    return paused as unknown as readonly Pause[];
  }

  async pause(destination: string, facts: PauseFacts): Promise<Pause> {
    const query = new URLSearchParams({ ...facts }).toString();
    return (await this.#call("PUT", `${pausedPath(destination)}?${query}`)) as unknown as Pause;
  }

  async resume(destination: string): Promise<void> {
    await this.#call("DELETE", pausedPath(destination));
  }

  async deadLetterQueues(): Promise<readonly (Pick<QueueDepth, "name" | "ready"> | RefusedQueue)[]> {
    const { queues } = await this.#call("GET", "/api/v1/dead-letters");
    return queues as unknown as readonly (QueueDepth | RefusedQueue)[];
  }

  async listDeadLetters(
    queue: string,
    query: DeadLetterQuery,
  ): Promise<Omit<Listed, "deadLetters"> & { readonly deadLetters: readonly ListedDeadLetter[] }> {
    return this.#deadLetters(queue, "list", query);
  }

  async showDeadLetter(queue: string, id: string): Promise<QueueMessage> {
    return this.#deadLetters(queue, "show", { id });
  }

  async countDeadLetters(queue: string, query: DeadLetterQuery): Promise<Counted> {
    return this.#deadLetters(queue, "count", query);
  }

  /** @param reached called every two seconds or so with how many are redriven. */
  async redriveDeadLetters(
    queue: string,
    query: DeadLetterQuery,
    reached: (redriven: number) => void,
  ): Promise<RedriveResult> {
    return this.#run(queue, "redrive", query, ({ redriven }) => reached(Number(redriven ?? 0)));
  }

  async purgeDeadLetters(queue: string, query: DeadLetterQuery): Promise<Purged> {
    return this.#run(queue, "purge", query, () => undefined);
  }

  /** Follows a run to its end. */
  async #run<Result>(
    queue: string,
    action: string,
    query: DeadLetterQuery,
    reached: (progress: JsonObject) => void,
  ): Promise<Result> {
    const url = `${this.#url}${deadLettersPath(queue, action, query)}`;
    const answer = await callRouterForLines(url, { method: "POST" }, (line) => {
      if (isJsonObject(line)) reached(line);
    });
    const last = this.#accept(answer);
    if (last["end"] === undefined) throw brokenOff(this.#url);
    return last as unknown as Result;
  }

  async #deadLetters<Answer>(queue: string, action: string, query: DeadLetterQuery): Promise<Answer> {
    return (await this.#call("POST", deadLettersPath(queue, action, query))) as unknown as Answer;
  }

  async #messages(queue: string, action: "peek" | "receive", limit: number): Promise<QueueMessages> {
    return (await this.#call("POST", `${queuePath(queue)}/${action}?limit=${limit}`)) as unknown as QueueMessages;
  }

  async #call(method: string, path: string): Promise<JsonObject> {
    return this.#accept(await callRouter(`${this.#url}${path}`, { method }));
  }

  /** Refusals are problem details (RFC 9457), whose `detail` is for people. */
  #accept(answer: RouterAnswer): JsonObject {
    const { status, body } = answer;
    if (status === 200 && isJsonObject(body)) return body;
    if (isJsonObject(body) && typeof body.detail === "string") {
      const detail = inOneLine(body.detail);
      throw new CommandError(status === 401 ? `${detail}\n${TOKEN_HINT}` : detail);
    }
    throw notARouter(this.#url, answer);
  }
}

function deadLettersPath(queue: string, action: string, query: DeadLetterQuery): string {
  return `/api/v1/dead-letters/${encodeURIComponent(queue)}/${action}?${new URLSearchParams(query).toString()}`;
}

function pausedPath(destination: string): string {
  return `/api/v1/paused/${destination.split("/").map(encodeURIComponent).join("/")}`;
}

function queuePath(queue: string): string {
  return `/api/v1/queues/${encodeURIComponent(queue)}`;
}
