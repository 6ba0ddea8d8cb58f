import type { EventListed, EventWay, ListPage } from "../../admin-api/history.ts";
import { VERSION_HEADER } from "../../admin-api/answers.ts";
import { isJsonObject } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";
import { inOneLine } from "../output/escape.ts";
import type { RouterAnswer } from "./router-call.ts";
import { callRouter, TOKEN_HINT } from "./router-call.ts";

/** The history that a console tells. Every method throws a CommandError when nobody answers or the console refuses. */
export class ConsoleClient {
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param token the bearer token, for a console that asks its callers for credentials. */
  constructor(url: string, token: string | undefined) {
    this.#url = url;
    this.#token = token;
  }

  async events(query: Readonly<Record<string, string>>): Promise<ListPage<EventListed>> {
    return (await this.#get(`/api/v1/events?${new URLSearchParams(query).toString()}`)) as ListPage<EventListed>;
  }

  /** Undefined for an event that the journal does not have. */
  async event(id: string): Promise<EventWay | undefined> {
    return (await this.#get(`/api/v1/events/${encodeURIComponent(id)}`)) as EventWay | undefined;
  }

  async #get(path: string): Promise<unknown> {
    const answer = await callRouter(`${this.#url}${path}`, { method: "GET", token: this.#token });
    if (answer.status === 404 && answer.headers.get(VERSION_HEADER) !== null) return undefined;
    if (answer.status !== 200) throw new CommandError(refusalOf(answer));
    if (answer.headers.get(VERSION_HEADER) === null) throw new CommandError(`${this.#url} is not a console of Busbar`);
    return answer.body;
  }
}

function refusalOf({ status, body }: RouterAnswer): string {
  const detail = isJsonObject(body) && typeof body["detail"] === "string" ? body["detail"] : "";
  return `the console answered ${status}: ${inOneLine(detail)}${status === 401 ? `. ${TOKEN_HINT}` : ""}`;
}
