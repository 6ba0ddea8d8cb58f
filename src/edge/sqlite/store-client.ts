import { Worker } from "node:worker_threads";
import type { FromWorker, HandedOut, StoreOperations, ToWorker, WorkerSettings } from "./protocol.ts";

/** The store did not do what it was asked, and nothing of it was stored. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly reason: "full" | "refused" | "disconnected";
  constructor(reason: StoreError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What the worker thread reports by itself. */
export interface StoreListener {
  handedOut(handedOut: HandedOut): void;
  delayed(latenessMs: number): void;
  blocked(reason: string): void;
  unblocked(): void;
  fault(error: Error): void;
  /** The thread has ended; with an error when nobody asked it to. */
  ended(error: Error | undefined): void;
}

/** The main thread's end of the worker thread. */
export class StoreClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ended = new AbortController();
  #listener: StoreListener | undefined;
  #calls = 0;
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (message: FromWorker) => this.#receive(message));
    worker.on("error", (error) => (this.#failure = error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => this.#end());
  }

  /** Starts the thread; rejects when it cannot open its folder. */
  static async open(settings: WorkerSettings): Promise<StoreClient> {
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    // The router's own output should not begin with Node.js's warning that node:sqlite is young.
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    const worker = new Worker(new URL(file, import.meta.url), { workerData: settings, execArgv });
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    return new StoreClient(worker);
  }

  listen(listener: StoreListener): void {
    this.#listener = listener;
  }

  /** Fires when the thread has ended, and nothing can be called any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Resolves when what was done is durable; rejects with `StoreError`. */
  call<K extends keyof StoreOperations>(
    operation: K,
    parameters: Parameters<StoreOperations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<StoreOperations[K]>> {
    if (this.#ended.signal.aborted) return Promise.reject(new StoreError("disconnected", "the store is closed"));
    const call = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve: (value) => resolve(value as ReturnType<StoreOperations[K]>), reject });
      this.#worker.postMessage({ call, operation, parameters } satisfies ToWorker, transfer);
    });
  }

  /** Does what was called before, and resolves when the database is closed. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const ended = new Promise((resolve) => this.#ended.signal.addEventListener("abort", resolve, { once: true }));
    this.#worker.postMessage("close" satisfies ToWorker);
    await ended;
  }

  /** Ends the thread wherever it stands. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "reply":
        return this.#settled(message.call)?.resolve(message.value);
      case "failure": {
        const { full, error } = message;
        const failure = new StoreError(full ? "full" : "refused", error.message, { cause: error });
        return this.#settled(message.call)?.reject(failure);
      }
      case "handed-out":
        return message.messages.forEach((handedOut) => this.#listener?.handedOut(handedOut));
      case "delayed":
        return message.latenessMs.forEach((latenessMs) => this.#listener?.delayed(latenessMs));
      case "blocked":
        return this.#listener?.blocked(message.reason);
      case "unblocked":
        return this.#listener?.unblocked();
      case "fault":
        return this.#listener?.fault(message.error);
      case "opened":
    }
  }

  #settled(call: number) {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    return pending;
  }

  #end(): void {
    this.#ended.abort();
    for (const { reject } of this.#pending.values()) {
      reject(new StoreError("disconnected", "the store is closed", { cause: this.#failure }));
    }
    this.#pending.clear();
    this.#listener?.ended(this.#failure);
  }
}
