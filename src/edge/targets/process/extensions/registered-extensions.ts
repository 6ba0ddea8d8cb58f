import { randomUUID } from "node:crypto";
import type {
  ExtensionClaim,
  ExtensionEvent,
  ExtensionFailure,
  ExtensionPoll,
  ExtensionRefusal,
  ExtensionsApi,
  Registration,
} from "../../../runtime-api/extensions/extensions-api.ts";

export interface ExtensionsOptions {
  /** The names of the external extensions, which are expected to register. */
  readonly external: readonly string[];
  readonly functionName: string;
  readonly handler: string;
  readonly accountId: string;
  /** An extension says that it cannot go on. */
  readonly onFailed: (name: string, failure: ExtensionFailure) => void;
}

interface Extension {
  readonly name: string;
  readonly events: readonly ExtensionEvent[];
  /** Open while it waits for its next event. */
  poll: ExtensionPoll | undefined;
}

/** Lambda's limit. */
export const EXTENSIONS_MAX = 10;

/**
 * The extensions of one environment. They register until the first invocation; then each gets the events that it asked for
 * when it polls. An environment is idle while all of them poll: it is given an invocation only then.
 */
export class RegisteredExtensions implements ExtensionsApi {
  readonly #options: ExtensionsOptions;
  /** By identifier. */
  readonly #extensions = new Map<string, Extension>();
  #isClosed = false;
  #end: Readonly<Record<string, unknown>> | undefined;
  #waiting: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  constructor(options: ExtensionsOptions) {
    this.#options = options;
  }

  /** Resolves when all external extensions have registered. */
  registered(): Promise<void> {
    return this.#until(() => this.#missing().length === 0);
  }

  /** Resolves when all external extensions have registered, and all that have registered poll. */
  idle(): Promise<void> {
    return this.#until(() => this.busy().length === 0);
  }

  /** The names of those that hold the environment back: they have not registered, or do not poll. */
  busy(): readonly string[] {
    const working = [...this.#extensions.values()].filter(({ poll }) => poll === undefined);
    return [...this.#missing(), ...working.map(({ name }) => name)];
  }

  /** Sends an invocation to those who asked for them. Nobody can register from then on. */
  invoked(headers: Readonly<Record<string, string>>): void {
    this.#isClosed = true;
    this.#send("INVOKE", {
      deadlineMs: Number(headers["Lambda-Runtime-Deadline-Ms"]),
      requestId: headers["Lambda-Runtime-Aws-Request-Id"],
      invokedFunctionArn: headers["Lambda-Runtime-Invoked-Function-Arn"],
      tracing: { type: "X-Amzn-Trace-Id", value: headers["Lambda-Runtime-Trace-Id"] ?? "" },
    });
  }

  /**
   * Sends the end of the environment to those who asked for it: at once to those who poll, to others when they do.
   *
   * @returns whether there are any.
   */
  shutDown(shutdownReason: ShutdownReason, deadlineMs: number): boolean {
    this.#isClosed = true;
    this.#end = { shutdownReason, deadlineMs };
    this.#send("SHUTDOWN", this.#end);
    return [...this.#extensions.values()].some(({ events }) => events.includes("SHUTDOWN"));
  }

  register(_functionName: string, { name, events }: ExtensionClaim): Registration | ExtensionRefusal {
    const refusal = this.#refusalOf(name, events);
    if (refusal !== undefined) return refusal;
    const identifier = randomUUID();
    this.#extensions.set(identifier, { name, events, poll: undefined });
    this.#changed();
    const { functionName, handler, accountId } = this.#options;
    return { identifier, functionName, handler, accountId };
  }

  next(identifier: string, poll: ExtensionPoll): ExtensionRefusal | undefined {
    const extension = this.#extensions.get(identifier);
    if (extension === undefined) return UNKNOWN;
    extension.poll?.drop();
    extension.poll = poll;
    poll.onClose(() => {
      if (extension.poll === poll) extension.poll = undefined;
    });
    if (this.#end !== undefined) this.#send("SHUTDOWN", this.#end);
    this.#changed();
    return undefined;
  }

  failed(_functionName: string, identifier: string, failure: ExtensionFailure): ExtensionRefusal | undefined {
    const extension = this.#extensions.get(identifier);
    if (extension === undefined) return UNKNOWN;
    this.#options.onFailed(extension.name, failure);
    return undefined;
  }

  #refusalOf(name: string, events: readonly ExtensionEvent[]): ExtensionRefusal | undefined {
    if (this.#isClosed) return refusal("RegistrationClosed", "Extensions register before the first invocation");
    const names = [...this.#extensions.values()].map((one) => one.name);
    if (names.includes(name)) return refusal("InvalidExtensionState", `An extension ${name} has registered already`);
    if (names.length >= EXTENSIONS_MAX) return refusal("TooManyExtensions", `At most ${EXTENSIONS_MAX} may register`);
    if (this.#options.external.includes(name) || !events.includes("SHUTDOWN")) return undefined;
    return refusal("InvalidEventType", "An internal extension has no SHUTDOWN event: it ends with its runtime");
  }

  #missing(): readonly string[] {
    const names = [...this.#extensions.values()].map(({ name }) => name);
    return this.#options.external.filter((name) => !names.includes(name));
  }

  /** To those who poll and asked for such events. */
  #send(eventType: ExtensionEvent, event: Readonly<Record<string, unknown>>): void {
    for (const extension of this.#extensions.values()) {
      const { poll } = extension;
      if (poll === undefined || !extension.events.includes(eventType)) continue;
      extension.poll = undefined;
      poll.give({ eventType, ...event }, randomUUID());
    }
  }

  #until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ isMet, resolve }));
  }

  #changed(): void {
    const met = this.#waiting.filter(({ isMet }) => isMet());
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const { resolve } of met) resolve();
  }
}

export type ShutdownReason = "spindown" | "timeout" | "failure";

const UNKNOWN = refusal("UnknownExtensionIdentifier", "No extension of this environment has this identifier");

function refusal(errorType: string, errorMessage: string): ExtensionRefusal {
  return { errorType: `Extension.${errorType}`, errorMessage };
}
