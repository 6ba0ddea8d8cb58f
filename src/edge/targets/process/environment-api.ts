import { waitFor } from "../../../async/time-limit.ts";
import type { AnswerReceiver } from "../../../flow/hold/relay.ts";
import type { EnvironmentAnswer } from "../../runtime-api/environment-answer.ts";
import type { ExtensionsApi } from "../../runtime-api/extensions/extensions-api.ts";
import type { InvocationsInHand } from "../../runtime-api/hand-out.ts";
import { awaitedAnswer } from "../../runtime-api/hand-out.ts";
import type { NextRequest } from "../../runtime-api/next-request.ts";
import type { RuntimeApi, RuntimeApiCaller, Unanswerable } from "../../runtime-api/runtime-api.ts";
import type { PollSlot } from "./poll-slot.ts";

interface EnvironmentApiOptions {
  readonly functionName: string;
  readonly inHand: InvocationsInHand;
  readonly extensions: ExtensionsApi;
  readonly polls: PollSlot;
  readonly onFirstPoll: () => void;
  /** The process reports that it cannot start. */
  readonly onInitError: (error: Buffer) => void;
  /** Resolves when the process has ended. */
  readonly ended: () => Promise<void>;
}

/** How long after its connection broke a process's end may take to be noticed. */
const EXIT_MS = 1_000;

/** The Runtime API of one process, which has one invocation at a time. */
export class EnvironmentApi implements RuntimeApi {
  readonly extensions: ExtensionsApi;
  readonly #options: EnvironmentApiOptions;
  #hasPolled = false;

  constructor(options: EnvironmentApiOptions) {
    this.#options = options;
    this.extensions = options.extensions;
  }

  knows(): boolean {
    return true;
  }

  refusalOf(_functionName: string, { foreign }: RuntimeApiCaller): string | undefined {
    return foreign?.message;
  }

  next(request: NextRequest): void {
    if (this.#options.inHand.size > 0) {
      return request.refuse(403, "InvalidStateTransition", "The last invocation has not been answered.");
    }
    if (!this.#hasPolled) this.#options.onFirstPoll();
    this.#hasPolled = true;
    this.#options.polls.offer(request);
  }

  receiver(_functionName: string, id: string): Promise<AnswerReceiver<EnvironmentAnswer> | Unanswerable> {
    const { inHand, functionName, ended } = this.#options;
    const awaited = awaitedAnswer(inHand, functionName, id);
    if (typeof awaited === "string") return Promise.resolve(awaited);
    return Promise.resolve({
      ...awaited,
      settle: async (answer) => {
        // The process may have ended in the middle of its answer. How it ended says more than that the answer broke off.
        if (answer.kind === "truncated") await waitFor(ended(), EXIT_MS);
        return awaited.settle(answer);
      },
    });
  }

  initError(_functionName: string, error: Buffer): boolean {
    if (this.#hasPolled) return false;
    this.#options.onInitError(error);
    return true;
  }
}
