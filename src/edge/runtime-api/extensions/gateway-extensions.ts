import { randomUUID } from "node:crypto";
import type {
  ExtensionClaim,
  ExtensionFailure,
  ExtensionPoll,
  ExtensionRefusal,
  ExtensionsApi,
  Registration,
} from "./extensions-api.ts";

const INVOKE_REFUSED =
  "A router does not know which environment an extension runs in, and has no INVOKE events for it. Start it with an init process in the image, such as AWS's emulator.";

/**
 * The extensions of environments anywhere on the network. They may register at one router and ask another for events, so
 * nothing is remembered of them. Nothing happens that they are sent: the router neither stops their environment nor
 * knows what it works on.
 */
export class GatewayExtensions implements ExtensionsApi {
  readonly #accountId: string;
  readonly #onError: (error: Error) => void;
  readonly #polls = new Set<ExtensionPoll>();
  #isClosed = false;

  constructor(accountId: string, onError: (error: Error) => void) {
    this.#accountId = accountId;
    this.#onError = onError;
  }

  register(functionName: string, { events }: ExtensionClaim): Registration | ExtensionRefusal {
    if (events.includes("INVOKE")) return { errorType: "Extension.InvalidEventType", errorMessage: INVOKE_REFUSED };
    return { identifier: randomUUID(), functionName, handler: "", accountId: this.#accountId };
  }

  next(_identifier: string, poll: ExtensionPoll): undefined {
    this.#polls.add(poll);
    poll.onClose(() => this.#polls.delete(poll));
    if (this.#isClosed) poll.drop();
  }

  failed(functionName: string, _identifier: string, { stage, errorType }: ExtensionFailure): undefined {
    const what = stage === "init" ? "cannot start" : "has to end";
    this.#onError(new Error(`an extension of function "${functionName}" ${what}: ${errorType}`));
  }

  /** Ends the polls, as those of runtimes: they come again at another router. */
  close(): void {
    this.#isClosed = true;
    for (const poll of this.#polls) poll.drop();
  }
}
