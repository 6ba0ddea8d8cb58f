import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { AuthFailureReason } from "../../ports/access-observer.ts";
import type { Identity } from "../../domain/arn.ts";
import { functionError } from "../../domain/failure/lambda-failure.ts";
import { InHand } from "../../flow/hold/in-hand.ts";
import type { AnswerReceiver } from "../../flow/hold/relay.ts";
import { AnswerRelay } from "../../flow/hold/relay.ts";
import type { Poll, PollHandler } from "../../ports/functions/functions.ts";
import type { Limit } from "../../domain/limits.ts";
import { waitFor } from "../../async/time-limit.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { answerOfRelayed, relayedAnswer } from "./environment-answer.ts";
import type { SilentEnvironment } from "./environment-watch.ts";
import { EnvironmentWatch } from "./environment-watch.ts";
import { GatewayExtensions } from "./extensions/gateway-extensions.ts";
import type { InvocationsInHand } from "./hand-out.ts";
import { awaitedAnswer, handOut } from "./hand-out.ts";
import type { NextRequest } from "./next-request.ts";
import type { RuntimeApi, RuntimeApiCaller, Unanswerable } from "./runtime-api.ts";
import type { RuntimeApiServer } from "./server.ts";
import { startRuntimeApiServer } from "./server.ts";

export interface RuntimeApiGatewayOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly identity: Identity;
  /** A poll for this function needs one of these secrets, or none where the list is empty. Undefined when nobody may poll. */
  readonly secretsOf: (functionName: string) => readonly string[] | undefined;
  /** Besides addresses and localhost, the hosts that requests may name where no secret is asked for. */
  readonly allowedHosts?: readonly string[];
  /** Called for a request without the function's secret, or from a web page. */
  readonly onRefused: (functionName: string, from: string, reason: AuthFailureReason) => void;
  /** Serves one poll. When it rejects, the poll stays open and it is called again a second later. */
  readonly onPoll: PollHandler;
  readonly broker: Broadcast;
  readonly nowMs: () => number;
  /** For the answers that are being received, in bytes. 64 MiB by default. */
  readonly roomBytes?: number;
  /** Of connections; 4,096 by default. */
  readonly connectionLimit?: Limit;
  /** Of an answer, in bytes. Lambda's by default. */
  readonly responseLimit?: Limit;
  /** How long a request's header may take to arrive, and the rest of a discarded body. 10 s each by default. */
  readonly headersMsMax?: number;
  readonly discardMsMax?: number;
  readonly onLateAnswer: (functionName: string) => void;
  /** An environment may have ended without an answer, or has given none by the deadline. */
  readonly onSilent: (environment: SilentEnvironment) => void;
  /** A poll or an answer could not be served, or an environment reported that it cannot start. */
  readonly onError: (error: Error) => void;
}

export interface RuntimeApiGateway {
  readonly port: number;
  /**
   * Ends the waiting polls, and takes answers to what is in hand for up to `graceMs`, on new connections too. Resolves
   * when the handlers of all polls are done. A call that is unanswered after `graceMs` ends by its signal or deadline.
   * Never rejects.
   */
  close(graceMs: number): Promise<void>;
}

const SECRET_MISSING =
  "This function is polled with a secret: its AWS_LAMBDA_RUNTIME_API must end in one, as in NAME.HOST:PORT/SECRET.";

const POLL_RETRY_MS = 1_000;
/** The longest time-out of a function. */
const HELD_MS_MAX = 900_000;

/**
 * The Runtime API for environments anywhere on the network. One port serves all functions: the first label of the
 * `Host` header names the function, so `AWS_LAMBDA_RUNTIME_API=audit.busbar:9001` polls for `audit`. Anybody who reaches
 * the port can take the events of a function without secrets.
 */
export async function startRuntimeApiGateway(options: RuntimeApiGatewayOptions): Promise<RuntimeApiGateway> {
  const gateway = new Gateway(options);
  const server = await startRuntimeApiServer(gateway, options);
  return { port: server.port, close: (graceMs) => gateway.close(server, graceMs) };
}

class Gateway implements RuntimeApi {
  readonly #options: RuntimeApiGatewayOptions;
  readonly #relay: AnswerRelay<EnvironmentAnswer>;
  readonly #inHand: InvocationsInHand;
  readonly #watch: EnvironmentWatch;
  readonly extensions: GatewayExtensions;
  /** The polls that are being served. Each promise resolves when the poll's handler is done. */
  readonly #serving = new Map<NextRequest, Promise<void>>();
  #closing = false;

  constructor(options: RuntimeApiGatewayOptions) {
    this.#options = options;
    this.#watch = new EnvironmentWatch(options.onSilent, options.nowMs);
    this.#inHand = new InHand(options.nowMs);
    this.extensions = new GatewayExtensions(options.identity.accountId, options.onError);
    this.#relay = new AnswerRelay({
      kind: "runtime-api",
      broker: options.broker,
      find: (functionName, id) => awaitedAnswer(this.#inHand, functionName, id),
      encode: relayedAnswer,
      decode: answerOfRelayed,
      heldMsMax: HELD_MS_MAX,
      newId: randomUUID,
      onError: options.onError,
    });
  }

  knows(functionName: string): boolean {
    return this.#options.secretsOf(functionName) !== undefined;
  }

  refusalOf(functionName: string, { secret, from, foreign }: RuntimeApiCaller): string | undefined {
    const { secretsOf, onRefused } = this.#options;
    const secrets = secretsOf(functionName) ?? [];
    if (secrets.length === 0) {
      if (foreign !== undefined) onRefused(functionName, from, foreign.reason);
      return foreign?.message;
    }
    if (secrets.some((one) => isSame(one, secret ?? ""))) return undefined;
    onRefused(functionName, from, secret === undefined ? "missing" : "bad_token");
    return SECRET_MISSING;
  }

  next(request: NextRequest): void {
    if (this.#closing) return request.drop();
    this.#watch.polled(request);
    const served = this.#serve(request).finally(() => this.#serving.delete(request));
    this.#serving.set(request, served);
  }

  async receiver(functionName: string, id: string): Promise<AnswerReceiver<EnvironmentAnswer> | Unanswerable> {
    const awaited = awaitedAnswer(this.#inHand, functionName, id);
    if (typeof awaited !== "string") {
      const { ended, sink } = awaited;
      return { ended, sink, settle: (answer) => Promise.resolve(awaited.settle(answer)) };
    }
    // Also when it was answered here before: another router may make the next attempt.
    const remote = await this.#relay.find(functionName, id);
    if (remote !== undefined) return remote;
    if (awaited === "unknown") this.#options.onLateAnswer(functionName);
    return awaited;
  }

  /** Accepts every report: which environment it is from, and whether that has started, is not known here. */
  initError(functionName: string, error: Buffer): boolean {
    this.#options.onError(new Error(`function "${functionName}" cannot start: ${functionError(error).message}`));
    return true;
  }

  async close(server: RuntimeApiServer, graceMs: number): Promise<void> {
    const { nowMs } = this.#options;
    const endsAtMs = nowMs() + graceMs;
    this.#closing = true;
    for (const request of this.#serving.keys()) request.drop();
    this.extensions.close();
    const served = Promise.all(this.#serving.values());
    await waitFor(served, graceMs);
    await server.close(Math.max(0, endsAtMs - nowMs()));
    await served;
  }

  /** Serves a poll until it is used or gone. Never rejects. */
  async #serve(request: NextRequest): Promise<void> {
    const { onPoll, onError, identity } = this.#options;
    const { functionName, gone } = request;
    const inHand = this.#inHand;
    const poll: Poll = {
      functionName,
      gone,
      invoke: (invocation, timeoutMs, signal) => {
        const work = handOut(request, invocation, { functionName, timeoutMs, identity, inHand }, signal);
        return this.#watch.during(request, invocation.id, work);
      },
    };
    while (!request.isAnswered && !gone.aborted) {
      try {
        await onPoll(poll);
        // The handler has no invocation for it: the poll would wait forever.
        return request.drop();
      } catch (error) {
        onError(new Error(`a poll for function "${functionName}" could not be served`, { cause: error }));
        // AWS's own runtimes end when their connection is closed, so the poll waits until the broker is back.
        await sleep(POLL_RETRY_MS, undefined, { signal: gone }).catch(() => undefined);
      }
    }
  }
}

/** Takes the same time wherever they differ, and whatever their lengths. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
