import type { z } from "zod";
import type { AnswerRead } from "../../admin-api/answers.ts";
import { readAnswer, VERSION_HEADER } from "../../admin-api/answers.ts";
import type {
  DeadLetterCountAnswer,
  DeadLetterListAnswer,
  DeadLetterPurgeAnswer,
  DeadLetterQuery,
  DeadLetterQueuesAnswer,
  RedriveAnswer,
} from "../../admin-api/dead-letters.ts";
import {
  deadLetterCountAnswer,
  deadLetterListAnswer,
  deadLetterPurgeAnswer,
  deadLetterQueuesAnswer,
  redriveAnswer,
  redriveProgressLine,
} from "../../admin-api/dead-letters.ts";
import type { PauseAnswer } from "../../admin-api/paused.ts";
import { pauseAnswer, pausedAnswer, resumedAnswer } from "../../admin-api/paused.ts";
import type { TailLine } from "../../admin-api/tail.ts";
import { tailLine } from "../../admin-api/tail.ts";
import type { QueueListAnswer, QueueMessage, QueueMessagesAnswer } from "../../admin-api/queues.ts";
import { queueListAnswer, queueMessage, queueMessagesAnswer, queuePurgeAnswer } from "../../admin-api/queues.ts";
import { VERSION } from "../../app/version.ts";
import type { PauseFacts } from "../../domain/target/pause.ts";
import type { Json } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";
import type { RouterAnswer } from "./router-call.ts";
import { brokenOff, callRouter, callRouterForLines, notARouter, TOKEN_HINT } from "./router-call.ts";
import { inOneLine } from "../output/escape.ts";

/**
 * A router's admin API. Every method throws a CommandError when nobody answers, the router refuses, or its answer lacks
 * a field that this version needs.
 */
export class AdminClient {
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param token the bearer token, for a router that asks its callers for credentials. */
  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  async queues(): Promise<QueueListAnswer["queues"]> {
    return (await this.#call("GET", "/api/v1/queues", queueListAnswer)).queues;
  }

  peek(queue: string, limit: number): Promise<QueueMessagesAnswer> {
    return this.#call("POST", `${queuePath(queue)}/peek?limit=${limit}`, queueMessagesAnswer);
  }

  receive(queue: string, limit: number): Promise<QueueMessagesAnswer> {
    return this.#call("POST", `${queuePath(queue)}/receive?limit=${limit}`, queueMessagesAnswer);
  }

  /** Resolves with how many messages were deleted. */
  async purge(queue: string): Promise<number> {
    return (await this.#call("POST", `${queuePath(queue)}/purge`, queuePurgeAnswer)).purged;
  }

  async paused(): Promise<readonly PauseAnswer[]> {
    return (await this.#call("GET", "/api/v1/paused", pausedAnswer)).paused;
  }

  pause(destination: string, facts: PauseFacts): Promise<PauseAnswer> {
    const query = new URLSearchParams({ ...facts }).toString();
    return this.#call("PUT", `${pausedPath(destination)}?${query}`, pauseAnswer);
  }

  async resume(destination: string): Promise<void> {
    await this.#call("DELETE", pausedPath(destination), resumedAnswer);
  }

  async deadLetterQueues(): Promise<DeadLetterQueuesAnswer["queues"]> {
    return (await this.#call("GET", "/api/v1/dead-letters", deadLetterQueuesAnswer)).queues;
  }

  listDeadLetters(queue: string, query: DeadLetterQuery): Promise<DeadLetterListAnswer> {
    return this.#call("POST", deadLettersPath(queue, "list", query), deadLetterListAnswer);
  }

  showDeadLetter(queue: string, id: string): Promise<QueueMessage> {
    return this.#call("POST", deadLettersPath(queue, "show", { id }), queueMessage);
  }

  countDeadLetters(queue: string, query: DeadLetterQuery): Promise<DeadLetterCountAnswer> {
    return this.#call("POST", deadLettersPath(queue, "count", query), deadLetterCountAnswer);
  }

  /** @param reached called every two seconds or so with how many are redriven. */
  redriveDeadLetters(
    queue: string,
    query: DeadLetterQuery,
    reached: (redriven: number) => void,
  ): Promise<RedriveAnswer> {
    return this.#run(deadLettersPath(queue, "redrive", query), redriveAnswer, (line) => {
      const read = readAnswer(redriveProgressLine, line);
      if (read.ok) reached(read.answer.redriven);
    });
  }

  purgeDeadLetters(queue: string, query: DeadLetterQuery): Promise<DeadLetterPurgeAnswer> {
    return this.#run(deadLettersPath(queue, "purge", query), deadLetterPurgeAnswer, () => undefined);
  }

  /**
   * Calls `onLine` with what routers accept. Resolves when the router ends the tail, which it does after an hour.
   *
   * @param pattern JSON text; undefined for every event.
   */
  async tail(
    query: Readonly<Record<string, string>>,
    pattern: string | undefined,
    onLine: (line: TailLine) => void,
  ): Promise<void> {
    const request = { method: "POST", token: this.#token, ...(pattern === undefined ? {} : { body: pattern }) };
    const url = `${this.#url}/api/v1/tail?${new URLSearchParams(query).toString()}`;
    const answer = await callRouterForLines(url, request, (line) => {
      const read = readAnswer(tailLine, line);
      if (read.ok) onLine(read.answer);
    });
    this.#read(answer, tailLine);
  }

  async #call<Answer>(method: string, path: string, schema: z.ZodType<Answer>): Promise<Answer> {
    return this.#read(await callRouter(`${this.#url}${path}`, { method, token: this.#token }), schema);
  }

  /** Follows a run to its end. */
  async #run<Answer>(
    path: string,
    schema: z.ZodType<Answer>,
    onLine: (line: Json | undefined) => void,
  ): Promise<Answer> {
    const request = { method: "POST", token: this.#token };
    const answer = await callRouterForLines(`${this.#url}${path}`, request, onLine);
    const { status, body } = answer;
    if (status === 200 && isJsonObject(body) && body.end === undefined) throw brokenOff(this.#url);
    return this.#read(answer, schema);
  }

  /** Refusals are problem details (RFC 9457), whose `detail` is for people. */
  #read<Answer>(answer: RouterAnswer, schema: z.ZodType<Answer>): Answer {
    const { status, body } = answer;
    if (status === 200 && isJsonObject(body)) return this.#checked(readAnswer(schema, body), answer);
    if (isJsonObject(body) && typeof body.detail === "string") {
      const detail = inOneLine(body.detail);
      throw new CommandError(status === 401 ? `${detail}\n${TOKEN_HINT}` : detail);
    }
    throw notARouter(this.#url, answer);
  }

  #checked<Answer>(read: AnswerRead<Answer>, { headers }: RouterAnswer): Answer {
    if (read.ok) return read.answer;
    const { origin } = new URL(this.#url);
    const routerVersion = headers.get(VERSION_HEADER) ?? "unknown";
    throw new CommandError(
      inOneLine(`the answer of the router at ${origin} does not fit this command: ${read.problem}`) +
        `\nThe router's version is ${inOneLine(routerVersion)}, this command's is ${VERSION}.`,
    );
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
