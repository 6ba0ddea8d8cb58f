import { DatabaseThread } from "../database-thread.ts";
import type { HandedOut, BrokerOperations, BrokerReport, WorkerSettings } from "./protocol.ts";

/** What the worker thread reports by itself. */
export interface BrokerThreadListener {
  handedOut(handedOut: HandedOut): void;
  /** A queue with a bell has a message. */
  rung(queue: string): void;
  delayed(latenessMs: number): void;
  /** So many messages that somebody had received are visible again, since their time is over. */
  visibleAgain(queue: string, count: number): void;
  blocked(reason: string): void;
  unblocked(): void;
  fault(error: Error): void;
  /** The thread has ended; with an error when nobody asked it to. */
  ended(error: Error | undefined): void;
}

type StoreThread = DatabaseThread<BrokerOperations, BrokerReport>;

/** The main thread's end of the broker's worker thread. */
export class BrokerThread {
  readonly #thread: StoreThread;

  private constructor(thread: StoreThread) {
    this.#thread = thread;
  }

  /** Starts the thread; rejects when it cannot open its folder. */
  static async open(settings: WorkerSettings): Promise<BrokerThread> {
    return new BrokerThread(await DatabaseThread.open("broker/broker-worker", settings));
  }

  listen(listener: BrokerThreadListener): void {
    this.#thread.listen({
      reported: (report) => forward(report, listener),
      ended: (error) => listener.ended(error),
    });
  }

  /** Fires when the thread has ended, and nothing can be called any more. */
  get ended(): AbortSignal {
    return this.#thread.ended;
  }

  /** Resolves when what was done is durable; rejects with `DatabaseError`. */
  call<K extends keyof BrokerOperations>(
    operation: K,
    parameters: Parameters<BrokerOperations[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ReturnType<BrokerOperations[K]>> {
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

function forward(report: BrokerReport, listener: BrokerThreadListener): void {
  switch (report.kind) {
    case "handed-out":
      return report.messages.forEach((handedOut) => listener.handedOut(handedOut));
    case "rung":
      return report.queues.forEach((queue) => listener.rung(queue));
    case "delayed":
      return report.latenessMs.forEach((latenessMs) => listener.delayed(latenessMs));
    case "visible-again":
      return report.counts.forEach((count, queue) => listener.visibleAgain(queue, count));
    case "blocked":
      return listener.blocked(report.reason);
    case "unblocked":
      return listener.unblocked();
    case "fault":
      return listener.fault(report.error);
  }
}
