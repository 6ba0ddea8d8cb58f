import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { replyRefused } from "./replies.ts";

/** An open `GET …/invocation/next`: an environment that waits for an invocation. */
export class NextRequest {
  /** The first label of the host that the environment asked. */
  readonly functionName: string;
  readonly connection: Socket;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  #isAnswered = false;

  constructor(functionName: string, response: ServerResponse) {
    this.functionName = functionName;
    this.connection = response.req.socket;
    this.#response = response;
    response.once("close", () => this.#gone.abort());
  }

  /** Fires when the connection is closed, or the answer has been written. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether it has been given an invocation, or refused. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Writes an invocation out. Resolves with whether the connection took all of it. */
  give(headers: Readonly<Record<string, string>>, payload: Buffer): Promise<boolean> {
    const response = this.#response;
    const { socket } = response;
    if (this.gone.aborted || socket === null) return Promise.resolve(false);
    this.#isAnswered = true;
    return new Promise((resolve) => {
      // A response "finishes" also when its connection breaks with bytes still unsent.
      response.once("finish", () => resolve(!socket.destroyed));
      response.once("close", () => resolve(false));
      const length = { "content-type": "application/json", "content-length": payload.length };
      response.writeHead(200, { ...headers, ...length }).end(payload);
    });
  }

  refuse(statusCode: number, errorType: string, errorMessage: string): void {
    this.#isAnswered = true;
    replyRefused(this.#response, statusCode, errorType, errorMessage);
  }

  /**
   * Ends an unanswered request by closing its connection. An environment polls again after that, and exits after any
   * answer that is not an invocation.
   */
  drop(): void {
    if (this.#isAnswered) return;
    this.#gone.abort();
    this.#response.destroy();
  }

  /** Closes the connection while an invocation is still being written to it. */
  cut(): void {
    if (!this.#response.writableFinished) this.#response.destroy();
  }
}
