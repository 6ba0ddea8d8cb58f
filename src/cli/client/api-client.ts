import type { AdminOperation, AnswerOf, PathNames, QueryGiven } from "../../admin-api/operations/operation.ts";
import { API_PATH } from "../../admin-api/operations/operation.ts";
import { readAnswer, VERSION_HEADER } from "../../admin-api/answers.ts";
import { VERSION } from "../../app/version.ts";
import type { Json } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { CommandError } from "../command-error.ts";
import { inOneLine } from "../output/escape.ts";
import type { RouterAnswer } from "./router-call.ts";
import type { ServerKind } from "./router-call.ts";
import { brokenOff, callRouter, callRouterForLines, notOurs, TOKEN_HINT } from "./router-call.ts";

/** What is given with an operation: the parameters of its path, those of its query that are wanted, and its body's text. */
export type ArgumentsOf<Of extends AdminOperation> = PathGiven<PathNames<Of["path"]>> & {
  /** What is undefined is left out. */
  readonly query?: { readonly [Name in keyof QueryGiven<Of>]?: QueryGiven<Of>[Name] | undefined };
  readonly body?: string | undefined;
};

type PathGiven<Names extends string> = [Names] extends [never]
  ? unknown
  : { readonly path: Readonly<Record<Names, string>> };

/** Nothing has to be given where the path has no parameters. */
type Arguments<Of extends AdminOperation> = [PathNames<Of["path"]>] extends [never]
  ? [given?: ArgumentsOf<Of>]
  : [given: ArgumentsOf<Of>];

/**
 * Calls operations of the API of a router or a console. It throws a CommandError when nobody answers, the server refuses,
 * or its answer lacks a field that this version needs.
 */
export class ApiClient {
  readonly #server: ServerKind;
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param token the bearer token, for a server that asks its callers for credentials. */
  constructor(server: ServerKind, url: string, token: string | undefined) {
    this.#server = server;
    this.#url = url;
    this.#token = token;
  }

  async ask<Of extends AdminOperation>(operation: Of, ...[given]: Arguments<Of>): Promise<AnswerOf<Of>> {
    const answer = await callRouter(this.#address(operation, given), this.#request(operation, given));
    this.#checkStatus(answer);
    return this.#read(operation, answer.body, answer);
  }

  /**
   * Calls an operation that answers with lines, and passes on each as it comes; those that this version cannot read are
   * left out. Resolves when the server ends the answer.
   */
  async follow<Of extends AdminOperation>(
    operation: Of,
    given: ArgumentsOf<Of>,
    onLine: (line: AnswerOf<Of>) => void,
  ): Promise<void> {
    const answer = await callRouterForLines(
      this.#address(operation, given),
      this.#request(operation, given),
      (line) => {
        const read = readAnswer(operation.answer, line);
        if (read.ok) onLine(read.answer as AnswerOf<Of>);
      },
    );
    this.#checkStatus(answer);
    // Where no line could be read, the last one says why.
    this.#read(operation, answer.body, answer);
  }

  /** The error for an answer that has ended without its last line. */
  brokenOff(): CommandError {
    return brokenOff(this.#server, this.#url);
  }

  #address({ path }: AdminOperation, given: Partial<AnyArguments> = {}): string {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given.path?.[name] ?? ""));
    const address = new URL(`${this.#url}${API_PATH}${filled}`);
    for (const [name, value] of Object.entries(given.query ?? {})) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    return address.href;
  }

  #request({ method }: AdminOperation, { body }: Partial<AnyArguments> = {}) {
    return { server: this.#server, method, token: this.#token, ...(body === undefined ? {} : { body }) };
  }

  /** Refusals are problem details (RFC 9457), whose `detail` is for people. */
  #checkStatus(answer: RouterAnswer): void {
    const { status, body } = answer;
    if ((status === 200 || status === 202) && isJsonObject(body)) return;
    if (!isJsonObject(body) || typeof body["detail"] !== "string") throw notOurs(this.#server, this.#url, answer);
    const detail = inOneLine(body["detail"]);
    throw new CommandError(status === 401 ? `${detail}\n${TOKEN_HINT}` : detail);
  }

  #read<Of extends AdminOperation>(
    operation: Of,
    body: Json | undefined,
    { headers }: Pick<RouterAnswer, "headers">,
  ): AnswerOf<Of> {
    const read = readAnswer(operation.answer, body);
    if (read.ok) return read.answer as AnswerOf<Of>;
    const { origin } = new URL(this.#url);
    const serverVersion = headers.get(VERSION_HEADER) ?? "unknown";
    throw new CommandError(
      inOneLine(`the answer of the ${this.#server} at ${origin} does not fit this command: ${read.problem}`) +
        `\nThe ${this.#server}'s version is ${inOneLine(serverVersion)}, this command's is ${VERSION}.`,
    );
  }
}

/** What may be given with any operation. */
interface AnyArguments {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly body: string | undefined;
}
