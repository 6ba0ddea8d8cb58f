import { randomUUID } from "node:crypto";
import type { Identity } from "../../../domain/arn.ts";
import type { FunctionConfig, FunctionKind } from "../../../domain/target/function.ts";
import type { Invocation } from "../../../ports/functions.ts";
import type { Limit } from "../../../domain/limits.ts";
import type { Failure, Outcome } from "../../../domain/failure/outcome.ts";
import { functionError, sandboxFailure } from "../../../domain/failure/lambda-failure.ts";
import { LATEST } from "../../../domain/target/function-alias.ts";
import type { TakeLine } from "../../../domain/logs/log-line.ts";
import { logStreamName } from "../../../domain/logs/log-line.ts";
import { callEndOf } from "../../../domain/logs/platform-lines.ts";
import { EnvironmentLog } from "./environment-log.ts";
import { InHand } from "../../../flow/hold/in-hand.ts";
import type { AnswerReceiver } from "../../../flow/hold/relay.ts";
import type { EnvironmentAnswer } from "../../runtime-api/environment-answer.ts";
import type { InvocationsInHand } from "../../runtime-api/hand-out.ts";
import { awaitedAnswer, handOut } from "../../runtime-api/hand-out.ts";
import type { NextRequest } from "../../runtime-api/next-request.ts";
import type { RuntimeApi, Unanswerable } from "../../runtime-api/runtime-api.ts";
import { startRuntimeApiServer } from "../../runtime-api/server.ts";
import { waitFor } from "../../../async/time-limit.ts";
import { ChildProcess } from "./child-process.ts";
import { environmentVariables } from "./environment-variables.ts";
import type { PreparedLayers } from "./layers/layer-variables.ts";
import { processFailure } from "./process-end.ts";

/** A function that is a local command. */
export type ProcessFunction = FunctionConfig & { readonly run: Extract<FunctionKind, { kind: "process" }> };

export interface EnvironmentOptions {
  readonly identity: Identity;
  /** Takes what the command writes, and the lines around its calls. */
  readonly onLine: TakeLine;
  /** How long a command may take until it polls for its first invocation. Lambda's 10 s by default. */
  readonly initMs?: number;
  /** Of an answer, in bytes. Lambda's 6 MiB by default. */
  readonly responseLimit?: Limit;
}

type FailureOf = (requestId: string) => Failure;

const INIT_MS = 10_000;
const TERMINATION_MS = 1_000;
/** How long after its connection broke a process's end may take to be noticed. */
const EXIT_MS = 1_000;

/**
 * One process of a function, with a Runtime API of its own: it starts with the object, handles one invocation at a
 * time, and ends when it is stopped, fails, or overruns a deadline.
 */
export class ProcessEnvironment {
  /** Resolves when the process has ended and its port is closed. Never rejects. */
  readonly ended: Promise<void>;
  readonly #fn: ProcessFunction;
  readonly #layers: PreparedLayers;
  readonly #options: EnvironmentOptions;
  readonly #inHand: InvocationsInHand = new InHand(Date.now);
  /** Why it can take no more invocations. */
  readonly #failure = Promise.withResolvers<FailureOf>();
  readonly #startedAtMs = Date.now();
  readonly #logStream: string;
  readonly #log: EnvironmentLog;
  #child: ChildProcess | undefined;
  #isEnding = false;
  #hasPolled = false;
  /** Whether it did not ask for its first invocation in time. */
  #isLate = false;
  #hasServed = false;
  /** The poll that waits for an invocation, and the callback of an invocation that waits for a poll. */
  #poll: NextRequest | undefined;
  #onPoll: (() => void) | undefined;

  constructor(fn: ProcessFunction, layers: PreparedLayers, options: EnvironmentOptions) {
    this.#fn = fn;
    this.#layers = layers;
    this.#options = options;
    const streamId = randomUUID().replaceAll("-", "");
    this.#logStream = logStreamName(this.#startedAtMs, fn.version ?? LATEST, streamId);
    this.#log = new EnvironmentLog({ fn, logStream: this.#logStream, take: options.onLine, nowMs: Date.now });
    this.ended = this.#run();
  }

  /** Whether it may be given another invocation. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /**
   * Makes one call. A process that fails before it has taken its first invocation fails that call. In a later call the
   * result is `gone`, since another process may succeed. (A process whose end has not been noticed yet takes the
   * invocation, and fails it.)
   * Rejects with the signal's reason when that fires, and then the process is killed.
   */
  async invoke(invocation: Invocation, signal: AbortSignal): Promise<Outcome | "gone"> {
    const { id } = invocation;
    const poll = await this.#nextPoll(signal);
    if (typeof poll === "function") return this.#hasServed ? "gone" : this.#initFailure(id, poll(id));
    await this.#log.settled;
    const { name: functionName, timeoutSeconds } = this.#fn;
    const { identity } = this.#options;
    const timeoutMs = timeoutSeconds * 1_000;
    const onGiven = (): void => this.#log.started(id);
    const handOutOptions = { functionName, timeoutMs, identity, inHand: this.#inHand, onGiven };
    const startedAtMs = performance.now();
    const end = (known: Outcome): void => this.#log.ended(id, known, performance.now() - startedAtMs, this.#child);
    let outcome: Outcome | "gone" = "gone";
    try {
      outcome = await handOut(poll, invocation, handOutOptions, signal);
    } catch (error) {
      end(sandboxFailure("server_error", "Runtime.ExitError", id, "the router stops"));
      throw error;
    } finally {
      if (outcome === "gone" || (!outcome.ok && outcome.reason === "timeout")) this.#kill();
    }
    if (outcome === "gone" && this.#hasServed) return "gone";
    const known = outcome === "gone" ? (await this.#failure.promise)(id) : outcome;
    this.#hasServed ||= outcome !== "gone";
    end(known);
    return known;
  }

  /** A call that the environment never got, since it did not start. */
  #initFailure(requestId: string, failure: Failure): Failure {
    const initMs = Date.now() - this.#startedAtMs;
    this.#log.initFailed(initMs, this.#isLate ? { status: "timeout" } : callEndOf(failure));
    this.#log.ended(requestId, failure, 0, this.#child);
    return failure;
  }

  /** Ends the process by SIGTERM, and after a second by SIGKILL. */
  stop(): Promise<void> {
    this.#isEnding = true;
    this.#child?.signal("SIGTERM");
    const timer = setTimeout(() => this.#kill(), TERMINATION_MS);
    return this.ended.finally(() => clearTimeout(timer));
  }

  #kill(): void {
    this.#isEnding = true;
    this.#child?.signal("SIGKILL");
  }

  async #run(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      this.#fail((requestId) => processFailure({ kind: "not-served", error: error as Error }, requestId));
    }
  }

  /** Starts the process with a port of its own, and resolves when it has ended. Rejects when there is no port. */
  async #start(): Promise<void> {
    const { identity } = this.#options;
    const onError = (error: Error) => {
      this.#fail((requestId) => processFailure({ kind: "not-served", error }, requestId));
      void this.stop();
    };
    const server = await startRuntimeApiServer(this.#api(), {
      host: "127.0.0.1",
      port: 0,
      responseLimit: this.#options.responseLimit,
      onError,
    });
    try {
      const variables = environmentVariables({
        fn: this.#fn,
        region: identity.region,
        runtimeApiPort: server.port,
        logStream: this.#logStream,
        inherited: process.env,
        layers: this.#layers,
      });
      const onLine = (stream: "stdout" | "stderr", line: string): void => this.#log.wrote(stream, line);
      this.#child = new ChildProcess({ command: this.#fn.run.command, variables, onLine });
      // `stop` came before the process was started, and had nothing to send its signal to.
      if (this.#isEnding) this.#kill();
      const end = await this.#child.ended;
      this.#fail((requestId) => processFailure(end, requestId));
    } finally {
      await server.close(0);
    }
  }

  /** The first failure counts: a report of a failed start says more than the exit after it. */
  #fail(failureOf: FailureOf): void {
    this.#isEnding = true;
    this.#failure.resolve(failureOf);
    this.#inHand.endAll(failureOf);
  }

  #api(): RuntimeApi {
    return {
      next: (request) => this.#next(request),
      knows: () => true,
      refusalOf: (_functionName, { foreign }) => foreign?.message,
      receiver: (_name, id) => Promise.resolve(this.#receiver(id)),
      initError: (_name, error) => {
        if (this.#hasPolled) return false;
        this.#fail(() => functionError(error));
        void this.stop();
        return true;
      },
    };
  }

  #receiver(id: string): AnswerReceiver<EnvironmentAnswer> | Unanswerable {
    const awaited = awaitedAnswer(this.#inHand, this.#fn.name, id);
    if (typeof awaited === "string") return awaited;
    return {
      ended: awaited.ended,
      settle: async (answer) => {
        // The process may have ended in the middle of its answer. How it ended says more than that the answer broke off.
        if (answer.kind === "truncated") await waitFor(this.ended, EXIT_MS);
        return awaited.settle(answer);
      },
    };
  }

  #next(request: NextRequest): void {
    if (this.#inHand.size > 0) {
      return request.refuse(403, "InvalidStateTransition", "The last invocation has not been answered.");
    }
    if (!this.#hasPolled) this.#log.ready(Date.now() - this.#startedAtMs);
    this.#hasPolled = true;
    this.#poll?.drop();
    this.#poll = request;
    this.#onPoll?.();
  }

  /** The process's next poll, or the failure that prevents one. */
  async #nextPoll(signal: AbortSignal): Promise<NextRequest | FailureOf> {
    const polled = new Promise<NextRequest>((resolve) => {
      this.#onPoll = () => {
        if (this.#poll === undefined || this.#poll.gone.aborted) return;
        resolve(this.#poll);
        this.#poll = this.#onPoll = undefined;
      };
      this.#onPoll();
    });
    const initMs = this.#options.initMs ?? INIT_MS;
    const onGiveUp = () => this.#kill();
    const found = await waitFor(Promise.race([this.#failure.promise, polled]), initMs, { signal, onGiveUp });
    this.#isLate = found === undefined;
    return found ?? ((requestId) => sandboxFailure("function_error", "Runtime.InitError", requestId, notReady(initMs)));
  }
}

function notReady(initMs: number): string {
  return `Runtime did not ask for an invocation within ${(initMs / 1_000).toFixed(2)} seconds`;
}
