import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Identity } from "../../../core/arn.ts";
import type { Broker } from "../../../core/broker.ts";
import type { Poll, PollHandler } from "../../../core/invocation.ts";
import type { Limit } from "../../../core/limits.ts";
import { waitFor } from "../wait-for.ts";
import { AnswerRelay } from "./answer-relay.ts";
import type { EnvironmentAnswer } from "./environment-answer.ts";
import { functionError } from "./environment-answer.ts";
import { handOut } from "./hand-out.ts";
import type { AnswerVerdict } from "./in-hand.ts";
import { InvocationsInHand } from "./in-hand.ts";
import type { NextRequest } from "./next-request.ts";
import type { BytesInFlight } from "./read-body.ts";
import type { RuntimeApi, RuntimeApiServer } from "./server.ts";
import { startRuntimeApiServer } from "./server.ts";

export interface RuntimeApiGatewayOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly identity: Identity;
  /** The secrets that environments of this function must know one of, none where it is not asked; undefined when none may poll for it. */
  readonly secretsOf: (functionName: string) => readonly string[] | undefined;
  /** Somebody came for a function's invocations without a secret, or with a wrong one. */
  readonly onRefused: (functionName: string, from: string, hasSecret: boolean) => void;
  /** Serves one poll. When it rejects, the poll stays open and it is called again a second later. */
  readonly onPoll: PollHandler;
  readonly broker: Pick<Broker, "broadcast" | "onBroadcast">;
  readonly nowMs: () => number;
  /** The bytes of answers are counted here. */
  readonly inFlight?: BytesInFlight;
  /** Of an answer, in bytes. Lambda's 6 MiB by default. */
  readonly responseLimit?: Limit;
  readonly onLateAnswer: (functionName: string) => void;
  /** A poll or an answer could not be served, or an environment reported that it cannot start. */
  readonly onError: (error: Error) => void;
}

export interface RuntimeApiGateway {
  readonly port: number;
  /**
   * Ends the polls that wait, and lets what is in hand be answered for up to `graceMs`, on new connections too.
   * Resolves when the handlers of all polls are done: if calls are unanswered even then, when their signals fire
   * or their deadlines pass. Never rejects.
   */
  close(graceMs: number): Promise<void>;
}

const POLL_RETRY_MS = 1_000;
const NEVER = new AbortController().signal;

/**
 * The Runtime API for environments anywhere on the network. One port serves all functions: the first label of the
 * `Host` header names the function, so `AWS_LAMBDA_RUNTIME_API=audit.busbar:9001` polls for `audit`. Whoever
 * reaches the port can take a function's events.
 */
export async function startRuntimeApiGateway(options: RuntimeApiGatewayOptions): Promise<RuntimeApiGateway> {
  const gateway = new Gateway(options);
  const server = await startRuntimeApiServer(gateway, options);
  return { port: server.port, close: (graceMs) => gateway.close(server, graceMs) };
}

class Gateway implements RuntimeApi {
  readonly #options: RuntimeApiGatewayOptions;
  readonly #relay: AnswerRelay;
  readonly #inHand = new InvocationsInHand();
  /** The polls being served, each with what is done when its handler is. */
  readonly #serving = new Map<NextRequest, Promise<void>>();
  #closing = false;

  constructor(options: RuntimeApiGatewayOptions) {
    this.#options = options;
    this.#relay = new AnswerRelay({ ...options, settle: (answer) => this.#inHand.settle(answer) === "taken" });
  }

  admits(functionName: string, secret: string | undefined, from: string): boolean {
    const secrets = this.#options.secretsOf(functionName) ?? [];
    if (secrets.length === 0 || secrets.some((one) => isSame(one, secret ?? ""))) return true;
    this.#options.onRefused(functionName, from, secret !== undefined);
    return false;
  }

  #isKnown(functionName: string): boolean {
    return this.#options.secretsOf(functionName) !== undefined;
  }

  next(request: NextRequest): void {
    const name = request.functionName;
    if (this.#closing) return request.drop();
    if (!this.#isKnown(name)) {
      return request.refuse(
        404,
        "FunctionNotFound",
        `No function "${name}" of kind runtimeApi is configured. The first label of the host in AWS_LAMBDA_RUNTIME_API must be its name.`,
      );
    }
    const served = this.#serve(request).finally(() => this.#serving.delete(request));
    this.#serving.set(request, served);
  }

  async answer(answer: EnvironmentAnswer): Promise<AnswerVerdict> {
    const verdict = this.#inHand.settle(answer);
    if (verdict === "taken") return verdict;
    // Also when it was answered here before: another router may have made the next attempt.
    if (await this.#relay.offer(answer)) return "taken";
    const { onLateAnswer } = this.#options;
    if (verdict === "unknown" && this.#isKnown(answer.functionName)) onLateAnswer(answer.functionName);
    return verdict;
  }

  /** Which environments have started cannot be told apart here, so none is refused. */
  initError(functionName: string, error: Buffer): boolean {
    if (this.#isKnown(functionName)) {
      this.#options.onError(new Error(`function "${functionName}" cannot start: ${functionError(error).message}`));
    }
    return true;
  }

  async close(server: RuntimeApiServer, graceMs: number): Promise<void> {
    const { nowMs } = this.#options;
    const endsAtMs = nowMs() + graceMs;
    this.#closing = true;
    for (const request of this.#serving.keys()) request.drop();
    const served = Promise.all(this.#serving.values());
    await waitFor(served, graceMs, NEVER, () => undefined);
    await server.close(Math.max(0, endsAtMs - nowMs()));
    await served;
  }

  /** Serves a poll until it is used or gone. Never rejects. */
  async #serve(request: NextRequest): Promise<void> {
    const { onPoll, onError, identity, nowMs } = this.#options;
    const { functionName, gone } = request;
    const inHand = this.#inHand;
    const poll: Poll = {
      functionName,
      gone,
      invoke: (invocation, timeoutMs, signal) =>
        handOut(request, invocation, { functionName, timeoutMs, identity, inHand, nowMs }, signal),
    };
    while (!request.isAnswered && !gone.aborted) {
      try {
        await onPoll(poll);
        // A handler that is done without an invocation has none to give: the poll would wait for ever.
        return request.drop();
      } catch (error) {
        onError(new Error(`a poll for function "${functionName}" could not be served`, { cause: error }));
        // Closing the connection would end AWS's own runtimes, so a broker that is away is waited for.
        await sleep(POLL_RETRY_MS, undefined, { signal: gone }).catch(() => undefined);
      }
    }
  }
}

/** In a time that tells nothing of where they differ, nor of their lengths. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
