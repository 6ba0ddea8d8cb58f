import { Worker } from "node:worker_threads";
import { threadProgram } from "../../package/package-folder.ts";

/** What a thread is asked. The main thread calls through typed functions, so the parameters are those of the operation. */
export interface ThreadCall {
  readonly call: number;
  readonly operation: string;
  readonly parameters: readonly unknown[];
}

/** What every thread answers; `opened` comes first. It may report other kinds by itself. */
export type ThreadAnswer =
  | { readonly kind: "opened" }
  | { readonly kind: "reply"; readonly call: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly call: number; readonly full: boolean; readonly error: Error };

/** The store did not do what it was asked, and nothing of it was stored. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly reason: "full" | "refused" | "disconnected";
  constructor(reason: DatabaseError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface ThreadListener<Report> {
  reported(report: Report): void;
  /** The thread has ended; with an error when nobody asked it to. */
  ended(error: Error | undefined): void;
}

/** What a thread can be asked to do, by name. */
type Operations<Names extends string | number | symbol> = Record<Names, (...parameters: never[]) => unknown>;

/** The main thread's end of a worker thread that owns a database. */
export class DatabaseThread<Asked extends Operations<keyof Asked>, Report extends { readonly kind: string } = never> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ended = new AbortController();
  #listener: ThreadListener<Report> | undefined;
  #calls = 0;
  #failure: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (message: ThreadAnswer | Report) => this.#receive(message));
    worker.on("error", (error) => (this.#failure = error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => this.#end());
  }

  /**
   * Starts the thread; rejects when it cannot open its database.
   *
   * @param file of the thread's program, from this folder and without its ending.
   */
  static async open<Asked extends Operations<keyof Asked>, Report extends { readonly kind: string } = never>(
    file: string,
    settings: object,
  ): Promise<DatabaseThread<Asked, Report>> {
    // The router's own output should not begin with Node.js's warning that node:sqlite is young.
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    const worker = new Worker(threadProgram(`edge/sqlite/${file}`), { workerData: settings, execArgv });
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    return new DatabaseThread(worker);
  }

  listen(listener: ThreadListener<Report>): void {
    this.#listener = listener;
  }

  /** Fires when the thread has ended, and nothing can be called any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Resolves with what the thread answers; rejects with `DatabaseError`. */
  call<Name extends keyof Asked & string>(
    operation: Name,
    parameters: Parameters<Asked[Name]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Asked[Name]>>> {
    if (this.#ended.signal.aborted) return Promise.reject(new DatabaseError("disconnected", "the store is closed"));
    const call = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve: (value) => resolve(value as Awaited<ReturnType<Asked[Name]>>), reject });
      this.#worker.postMessage({ call, operation, parameters } satisfies ThreadCall, transfer);
    });
  }

  /** Does what was called before, and resolves when the database is closed. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const ended = new Promise((resolve) => this.#ended.signal.addEventListener("abort", resolve, { once: true }));
    this.#worker.postMessage("close");
    await ended;
  }

  /** Ends the thread wherever it stands. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #receive(message: ThreadAnswer | Report): void {
    if (!isAnswer(message)) return this.#listener?.reported(message);
    if (message.kind === "reply") this.#settled(message.call)?.resolve(message.value);
    else if (message.kind === "failure") {
      const { full, error } = message;
      const failure = new DatabaseError(full ? "full" : "refused", error.message, { cause: error });
      this.#settled(message.call)?.reject(failure);
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
      reject(new DatabaseError("disconnected", "the store is closed", { cause: this.#failure }));
    }
    this.#pending.clear();
    this.#listener?.ended(this.#failure);
  }
}

function isAnswer(message: { readonly kind: string }): message is ThreadAnswer {
  return ["opened", "reply", "failure"].includes(message.kind);
}
