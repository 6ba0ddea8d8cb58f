import type { ForeignRequest } from "../../domain/access/foreign-request.ts";
import type { AnswerVerdict } from "../../flow/hold/in-hand.ts";
import type { AnswerReceiver } from "../../flow/hold/relay.ts";
import type { ExtensionsApi } from "./extensions/extensions-api.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import type { NextRequest } from "./next-request.ts";

/** What serves the requests of environments: of all that come over the network, or of one child process. */
export interface RuntimeApi {
  /** Whether anybody may poll for a function of this name. */
  knows(functionName: string): boolean;
  /** Why a caller may not speak for a known function's environments; undefined when it may. */
  refusalOf(functionName: string, caller: RuntimeApiCaller): string | undefined;
  /** An environment polls. Its request has to be given an invocation, refused or dropped. */
  next(request: NextRequest): void;
  /** What waits for an answer. Called before the answer's body is read, which is read only where something waits for it. */
  receiver(functionName: string, id: string): Promise<AnswerReceiver<EnvironmentAnswer> | Unanswerable>;
  /** An environment reports that it could not start. Returns false when it has started already. */
  initError(functionName: string, error: Buffer): boolean;
  readonly extensions: ExtensionsApi;
}

/** The sender of a request. */
export interface RuntimeApiCaller {
  readonly secret: string | undefined;
  /** The address of its connection. */
  readonly from: string;
  /** Why the request is refused for a function without a secret; undefined when it is not. */
  readonly foreign: ForeignRequest | undefined;
}

/** Why an answer has no receiver; `busy` when too many searches for one are open. */
export type Unanswerable = Exclude<AnswerVerdict, "taken"> | "busy";
