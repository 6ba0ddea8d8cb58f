import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import type { Invocation } from "../../../ports/functions/functions.ts";
import type { Failure, Outcome } from "../../../domain/failure/outcome.ts";
import { functionError, sandboxFailure, sandboxTimeout } from "../../../domain/failure/lambda-failure.ts";
import { LATEST } from "../../../domain/target/function-alias.ts";
import { logStreamName } from "../../../domain/logs/log-line.ts";
import type { ReportedEnd } from "../../../domain/logs/platform-lines.ts";
import { callEndOf } from "../../../domain/logs/platform-lines.ts";
import { EnvironmentLog } from "./environment-log.ts";
import { InHand } from "../../../flow/hold/in-hand.ts";
import type { InvocationsInHand } from "../../runtime-api/hand-out.ts";
import { handOut } from "../../runtime-api/hand-out.ts";
import { NextRequest } from "../../runtime-api/next-request.ts";
import { startRuntimeApiServer } from "../../runtime-api/server.ts";
import { waitFor } from "../../../async/time-limit.ts";
import type { ChildOptions } from "./child-process.ts";
import { ChildProcess } from "./child-process.ts";
import { EnvironmentApi } from "./environment-api.ts";
import type { EnvironmentOptions, ProcessFunction } from "./environment-options.ts";
import { environmentVariables } from "./environment-variables.ts";
import { PollSlot } from "./poll-slot.ts";
import { ExternalExtensions } from "./extensions/external-extensions.ts";
import type { ShutdownReason } from "./extensions/registered-extensions.ts";
import { RegisteredExtensions } from "./extensions/registered-extensions.ts";
import type { PreparedLayers } from "./layers/layer-variables.ts";
import type { ProcessEnd } from "./process-end.ts";
import { extensionCrash, extensionFailure, notReadyFailure, processFailure } from "./process-end.ts";

type FailureOf = (requestId: string) => Failure;

const INIT_MS = 10_000;
const TERMINATION_MS = 1_000;

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
  readonly #extensions: RegisteredExtensions;
  readonly #polls = new PollSlot();
  readonly #api: EnvironmentApi;
  #child: ChildProcess | undefined;
  readonly #ending = Promise.withResolvers<undefined>();
  #shutdownReason: ShutdownReason = "failure";
  #isEnding = false;
  #hasServed = false;
  #isStillborn = false;
  #isRunnable = true;
  #isInitReported = false;

  constructor(fn: ProcessFunction, layers: PreparedLayers, options: EnvironmentOptions) {
    this.#fn = fn;
    this.#layers = layers;
    this.#options = options;
    const streamId = randomUUID().replaceAll("-", "");
    this.#logStream = logStreamName(this.#startedAtMs, fn.version ?? LATEST, streamId);
    this.#log = new EnvironmentLog({ fn, logStream: this.#logStream, take: options.onLine, nowMs: Date.now });
    this.#extensions = new RegisteredExtensions({
      external: layers.extensions.map((file) => basename(file)),
      functionName: fn.name,
      handler: fn.run.command.at(-1) ?? "",
      accountId: options.identity.accountId,
      onFailed: (name, failure) => this.#giveUp((requestId) => extensionFailure(name, failure, requestId)),
    });
    this.#api = new EnvironmentApi({
      functionName: fn.name,
      inHand: this.#inHand,
      extensions: this.#extensions,
      polls: this.#polls,
      onFirstPoll: () => this.#log.ready(Date.now() - this.#startedAtMs),
      onInitError: (error) => this.#giveUp(() => functionError(error)),
      ended: () => this.ended,
    });
    this.ended = this.#run();
  }

  /** Whether it may be given another invocation. */
  get isUsable(): boolean {
    return !this.#isEnding;
  }

  /** Whether it ended before its first call, for a reason that another start may not have. */
  get isStillborn(): boolean {
    return this.#isStillborn && this.#isRunnable;
  }

  /**
   * Makes one call. A process that fails before it has taken its first invocation fails that call. In a later call the
   * result is `gone`, since another process may succeed. (A process whose end has not been noticed yet takes the
   * invocation, and fails it.)
   * Rejects with the signal's reason when that fires, and then the process is killed.
   *
   * @param isSecondStart whether the start is within the call's time-out, as Lambda's second one for a call is.
   */
  async invoke(invocation: Invocation, signal: AbortSignal, isSecondStart = false): Promise<Outcome | "gone"> {
    const { id } = invocation;
    const { name: functionName, timeoutSeconds } = this.#fn;
    const { identity, initMs = INIT_MS } = this.#options;
    const limitMs = timeoutSeconds * 1_000;
    const endsAtMs = performance.now() + limitMs;
    const poll = await this.#nextPoll(isSecondStart ? limitMs : initMs, signal);
    if (!(poll instanceof NextRequest)) {
      if (this.#hasServed) return "gone";
      const late = isSecondStart ? sandboxTimeout(id, limitMs) : notReadyFailure(initMs, this.#extensions.busy(), id);
      const failure = poll?.(id) ?? late;
      const end = poll === undefined ? ({ status: "timeout" } as const) : callEndOf(failure);
      return this.#initFailure(id, failure, end, isSecondStart);
    }
    this.#reportInit(undefined);
    await this.#log.settled;
    const startedAtMs = performance.now();
    const timeoutMs = isSecondStart ? Math.max(1, endsAtMs - startedAtMs) : limitMs;
    const onGive = (headers: Readonly<Record<string, string>>): void => this.#extensions.invoked(headers);
    const onGiven = (): void => this.#log.started(id);
    const handOutOptions = { functionName, timeoutMs, identity, inHand: this.#inHand, onGive, onGiven };
    const end = (known: Outcome): void => this.#log.ended(id, known, performance.now() - startedAtMs, this.#child);
    let outcome: Outcome | "gone" = "gone";
    try {
      outcome = await handOut(poll, invocation, handOutOptions, signal);
    } catch (error) {
      end(sandboxFailure("server_error", "Runtime.ExitError", id, "the router stops"));
      throw error;
    } finally {
      if (outcome === "gone") this.#kill("failure");
      else if (!outcome.ok && outcome.reason === "timeout") this.#kill("timeout");
    }
    if (outcome === "gone" && this.#hasServed) return "gone";
    if (outcome === "gone") outcome = (await this.#failure.promise)(id);
    else this.#hasServed = true;
    const known = isSecondStart && !outcome.ok && outcome.reason === "timeout" ? sandboxTimeout(id, limitMs) : outcome;
    end(known);
    return known;
  }

  /** A call that the environment never got, since it did not start. Where another start follows, the call goes on. */
  async #initFailure(requestId: string, failure: Failure, end: ReportedEnd, isLast: boolean): Promise<Failure> {
    this.#reportInit(failure);
    this.#isStillborn = true;
    await this.#log.initFailed(Date.now() - this.#startedAtMs, end, this.#child);
    if (isLast || !this.isStillborn) this.#log.ended(requestId, failure, 0, this.#child);
    return failure;
  }

  /** Ends the process by SIGTERM, and after a second by SIGKILL. Its extensions have two seconds more. */
  stop(): Promise<void> {
    this.#beginEnd("spindown");
    this.#child?.signal("SIGTERM");
    const timer = setTimeout(() => this.#child?.signal("SIGKILL"), TERMINATION_MS);
    return this.ended.finally(() => clearTimeout(timer));
  }

  #kill(reason: ShutdownReason): void {
    this.#beginEnd(reason);
    this.#child?.signal("SIGKILL");
  }

  #beginEnd(reason: ShutdownReason): void {
    if (!this.#isEnding) this.#shutdownReason = reason;
    this.#isEnding = true;
    this.#ending.resolve(undefined);
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
    const onError = (error: Error): void =>
      this.#giveUp((requestId) => processFailure({ kind: "not-served", error }, requestId));
    const server = await startRuntimeApiServer(this.#api, {
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
      const onEnd = (name: string, end: ProcessEnd): void =>
        this.#giveUp((requestId) => extensionCrash(name, end, requestId));
      const external = new ExternalExtensions({ files: this.#layers.extensions, variables, onLine, onEnd });
      await this.#runChild(variables, onLine);
      await external.stop(this.#extensions, this.#shutdownReason);
    } finally {
      await server.close(0);
    }
  }

  /** The runtime starts when its external extensions have registered, as on Lambda. Never rejects. */
  async #runChild(variables: Readonly<Record<string, string>>, onLine: ChildOptions["onLine"]): Promise<void> {
    await Promise.race([this.#extensions.registered(), this.#ending.promise]);
    if (this.#isEnding) return;
    this.#child = new ChildProcess({ command: this.#fn.run.command, variables, onLine });
    const end = await this.#child.ended;
    this.#isRunnable = end.kind === "exited";
    this.#fail((requestId) => processFailure(end, requestId));
  }

  #giveUp(failureOf: FailureOf): void {
    this.#fail(failureOf);
    void this.stop();
  }

  /** The first failure counts: a report of a failed start says more than the exit after it. */
  #fail(failureOf: FailureOf): void {
    this.#beginEnd("failure");
    this.#failure.resolve(failureOf);
    this.#inHand.endAll(failureOf);
  }

  /** The process's next poll, or the failure that prevents one; undefined when it is not ready in time. */
  async #nextPoll(limitMs: number, signal: AbortSignal): Promise<NextRequest | FailureOf | undefined> {
    const onGiveUp = () => this.#kill("failure");
    const ready = Promise.all([this.#polls.take(), this.#extensions.idle()]).then(([poll]) => poll);
    return waitFor(Promise.race([this.#failure.promise, ready]), limitMs, { signal, onGiveUp });
  }

  /** Once, before the first call. */
  #reportInit(failure: Failure | undefined): void {
    if (this.#isInitReported) return;
    this.#isInitReported = true;
    const durationMs = Date.now() - this.#startedAtMs;
    this.#options.onInit?.(this.#fn.name, { durationMs, ...(failure === undefined ? {} : { failure }) });
  }
}
