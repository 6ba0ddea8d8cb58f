import { DatabaseThread } from "./database-thread.ts";
import type { HandedOut, StoreOperations, StoreReport, WorkerSettings } from "./protocol.ts";

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

type StoreThread = DatabaseThread<StoreOperations, StoreReport>;

/** The main thread's end of the broker's worker thread. */
export class StoreClient {
  readonly #thread: StoreThread;

  private constructor(thread: StoreThread) {
    this.#thread = thread;
  }

  /** Starts the thread; rejects when it cannot open its folder. */
  static async open(settings: WorkerSettings): Promise<StoreClient> {
    return new StoreClient(await DatabaseThread.open("worker", settings));
  }

  listen(listener: StoreListener): void {
    this.#thread.listen({
      reported: (report) => forward(report, listener),
      ended: (error) => listener.ended(error),
    });
  }

  /** Fires when the thread has ended, and nothing can be called any more. */
  get ended(): AbortSignal {
    return this.#thread.ended;
  }

  /** Resolves when what was done is durable; rejects with `StoreError`. */
  call<K extends keyof StoreOperations>(
    operation: K,
    parameters: Parameters<StoreOperations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<StoreOperations[K]>> {
    return this.#thread.call(operation, parameters, transfer);
  }

  /** Does what was called before, and resolves when the database is closed. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  /** Ends the thread wherever it stands. */
  terminate(): Promise<void> {
    return this.#thread.terminate();
  }
}

function forward(report: StoreReport, listener: StoreListener): void {
  switch (report.kind) {
    case "handed-out":
      return report.messages.forEach((handedOut) => listener.handedOut(handedOut));
    case "delayed":
      return report.latenessMs.forEach((latenessMs) => listener.delayed(latenessMs));
    case "blocked":
      return listener.blocked(report.reason);
    case "unblocked":
      return listener.unblocked();
    case "fault":
      return listener.fault(report.error);
  }
}
