import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";
import type { RouterAnswer } from "./router-call.ts";
import { callRouter, notOurs, TOKEN_HINT } from "./router-call.ts";
import { inOneLine } from "../output/escape.ts";

const TRIES_MAX = 5;
const PAUSE_MAX_SECONDS = 30;

/** PutEvents' answer to one entry: the event's id, or why it was not accepted. */
export interface EntryAnswer {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/**
 * Puts one batch. A busy router is asked again, when it says so or after 1 s and doubling. A retry is a new event: after a
 * try that was refused but delivered in part, a target may get two.
 *
 * @returns the answers, in the order of the entries.
 * @throws CommandError when the request was refused as a whole, or the router stayed busy.
 */
export async function putBatch(
  url: string,
  entries: readonly JsonObject[],
  token: string | undefined,
): Promise<readonly EntryAnswer[]> {
  for (let tries = 1; ; tries++) {
    const answer = await callRouter(url, {
      server: "router",
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: JSON.stringify({ Entries: entries }),
      token,
    });
    const answers = entryAnswers(answer);
    if (answers?.length === entries.length) return answers;
    if (!isBusy(answer) || tries === TRIES_MAX) throw refusal(url, answer);
    await sleep(pauseSeconds(answer, tries) * 1_000);
  }
}

function entryAnswers({ status, body }: RouterAnswer): readonly EntryAnswer[] | undefined {
  if (status !== 200 || !isJsonObject(body) || !Array.isArray(body.Entries)) return undefined;
  const answers = body.Entries as readonly Json[];
  return answers.every(isJsonObject) ? answers : undefined;
}

/** AWS throttles with 400, and only the code says so. */
function isBusy({ status, body }: RouterAnswer): boolean {
  return status === 429 || status === 503 || (isJsonObject(body) && body.__type === "ThrottlingException");
}

function pauseSeconds({ headers }: RouterAnswer, tries: number): number {
  const asked = Number(headers.get("retry-after") ?? NaN);
  return Math.min(asked >= 0 ? asked : 2 ** (tries - 1), PAUSE_MAX_SECONDS);
}

function refusal(url: string, answer: RouterAnswer): CommandError {
  const { body } = answer;
  if (!isJsonObject(body) || typeof body.__type !== "string") return notOurs("router", url, answer);
  const hint = body.__type === "MissingAuthenticationTokenException" ? `\n${TOKEN_HINT}` : "";
  const message = typeof body.message === "string" ? body.message : "";
  return new CommandError(`${inOneLine(`${body.__type}: ${message}`)}${hint}`);
}
