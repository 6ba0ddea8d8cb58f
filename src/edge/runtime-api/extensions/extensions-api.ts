import type { ServerResponse } from "node:http";
import { replyRefused } from "../replies.ts";

export type ExtensionEvent = "INVOKE" | "SHUTDOWN";

/** What an extension says of itself when it registers. */
export interface ExtensionClaim {
  /** An external extension has its file's name. */
  readonly name: string;
  readonly events: readonly ExtensionEvent[];
}

export interface Registration {
  /** A UUID, which the extension's other requests bring. */
  readonly identifier: string;
  readonly functionName: string;
  readonly handler: string;
  readonly accountId: string;
}

/** Why a request of an extension is refused, in AWS's words: `Extension.RegistrationClosed`. */
export interface ExtensionRefusal {
  readonly errorType: string;
  readonly errorMessage: string;
}

/** What serves the extensions of environments: of all that come over the network, or of one child process. */
export interface ExtensionsApi {
  register(functionName: string, claim: ExtensionClaim): Registration | ExtensionRefusal;
  /** An extension asks for its next event. What is not refused is kept until it is answered or gone. */
  next(identifier: string, poll: ExtensionPoll): ExtensionRefusal | undefined;
  /** An extension could not start, or has to end. */
  failed(functionName: string, identifier: string, failure: ExtensionFailure): ExtensionRefusal | undefined;
}

export interface ExtensionFailure {
  readonly stage: "init" | "exit";
  readonly errorType: string;
}

/** An open `GET …/extension/event/next`. */
export class ExtensionPoll {
  readonly #response: ServerResponse;
  readonly #onClose: (() => void)[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once("close", () => this.#onClose.forEach((listener) => listener()));
  }

  /** Calls the listener when the poll has been answered, or its connection is closed. */
  onClose(listener: () => void): void {
    this.#onClose.push(listener);
  }

  /** @param eventId names this event. Nothing sends it back. */
  give(event: Readonly<Record<string, unknown>>, eventId: string): void {
    const json = JSON.stringify(event);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
    this.#response.writeHead(200, { ...headers, "Lambda-Extension-Event-Identifier": eventId }).end(json);
  }

  refuse({ errorType, errorMessage }: ExtensionRefusal): void {
    replyRefused(this.#response, 403, errorType, errorMessage);
  }

  /** Closes its connection without an event. */
  drop(): void {
    this.#response.destroy();
  }
}
