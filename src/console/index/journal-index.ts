import { Worker } from "node:worker_threads";
import { threadProgram } from "../../package/package-folder.ts";
import type { JournalFrame, JournalStart } from "../../ports/journal.ts";
import type { ListPage } from "../../admin-api/history/history.ts";
import type { Happening, HappeningKind } from "../../admin-api/history/happenings.ts";
import type { FromIndex, IndexOperations, ToIndex } from "./protocol.ts";
import type { AttemptFilter, EventFilter, HappeningFilter, LetterFilter } from "../../admin-api/history/filters.ts";
import type { EventBodyFilter, SummaryRange } from "../../admin-api/history/filters.ts";
import type { IndexBounds } from "./segments/segments.ts";
import { INDEX_BOUNDS } from "./segments/segments.ts";

/** What may wait for an answer at once: more than a page or a script asks for, and less than memory. */
const QUESTIONS_MAX = 512;

/** The index did not do what it was asked. */
export class JournalIndexError extends Error {
  override readonly name = "JournalIndexError";
  /**
   * `refused`: what was asked for is out of its bounds. `busy`: too many questions wait already. `failed`: the disk is
   * full, say; the same may go well later. `damaged`: a file was, and is deleted; the index has ended, and is to be
   * opened again. `disconnected`: it has ended.
   */
  readonly reason: "refused" | "busy" | "failed" | "damaged" | "disconnected";
  constructor(reason: JournalIndexError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/**
 * What the console knows of the journal, in a bounded folder that can be deleted at any time. Its thread works on one
 * call after the other. Every method rejects with `JournalIndexError`.
 */
export class JournalIndex {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  readonly #ended = new AbortController();
  #calls = 0;
  #questions = 0;
  #failure: unknown;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", (message: FromIndex) => this.#receive(message));
    worker.on("error", (error: unknown) => {
      this.#failure = error;
    });
    worker.on("exit", () => this.#end());
  }

  /**
   * Starts the thread on a folder, which is made where it is missing. Segments that are damaged or of another version
   * are deleted.
   *
   * @throws Error where the folder cannot be used, or another process has it open.
   */
  static async open(folder: string, bounds: IndexBounds = INDEX_BOUNDS): Promise<JournalIndex> {
    // The console's own output should not begin with Node.js's warning that node:sqlite is young.
    const execArgv = ["--disable-warning=ExperimentalWarning"];
    const worker = new Worker(threadProgram("console/index/worker"), { workerData: { folder, bounds }, execArgv });
    await new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    return new JournalIndex(worker);
  }

  /** Fires when the thread has ended, and nothing can be called any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Adds frames in the order of their positions; those that it has are left out. Resolves when they are kept. */
  add(frames: readonly JournalFrame[]) {
    return this.#call("add", [frames]);
  }

  /** Remembers that frames of the journal were deleted before they were read. */
  lost(atMs: number) {
    return this.#call("lost", [atMs]);
  }

  /** Where the journal is to be read from: behind the last frame that is held. */
  start(): Promise<JournalStart> {
    return this.#call("start", []);
  }

  /** Undefined for an id that is not known, or no longer kept. */
  eventById(id: string) {
    return this.#ask("eventById", [id]);
  }

  /** Undefined for an id that is not known, or no longer kept. */
  deliveryById(id: string) {
    return this.#ask("deliveryById", [id]);
  }

  events(filter: EventFilter) {
    return this.#ask("events", [filter]);
  }

  /** How many there are on all pages, up to 10,000. */
  countEvents(filter: EventFilter) {
    return this.#ask("countEvents", [filter]);
  }

  attempts(filter: AttemptFilter) {
    return this.#ask("attempts", [filter]);
  }

  letters(filter: LetterFilter) {
    return this.#ask("letters", [filter]);
  }

  /** The newest 10,000 dead letters by queue, destination and reason. */
  letterGroups(filter: LetterFilter) {
    return this.#ask("letterGroups", [filter]);
  }

  /** Audits, circuits, pauses, reloads, outputs of functions, purges or redrives. */
  async happenings<Kind extends HappeningKind>(
    kind: Kind,
    filter: HappeningFilter,
  ): Promise<ListPage<Happening<Kind>>> {
    return (await this.#ask("happenings", [kind, filter])) as unknown as ListPage<Happening<Kind>>;
  }

  eventBodies(filter: EventBodyFilter) {
    return this.#ask("eventBodies", [filter]);
  }

  flows(atMs: number) {
    return this.#ask("flows", [atMs]);
  }

  summary(range: SummaryRange) {
    return this.#ask("summary", [range]);
  }

  coverage() {
    return this.#ask("coverage", []);
  }

  /** The configurations that were in force, the last first. */
  configurations() {
    return this.#ask("configurations", []);
  }

  /** Undefined for a digest that is not known, or no longer kept. */
  configuration(digest: string) {
    return this.#ask("configuration", [digest]);
  }

  /** A configuration's document, deflated; undefined where it is not kept. */
  document(digest: string) {
    return this.#ask("document", [digest]);
  }

  /** Does what was called before, and resolves when the files are closed. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const ended = new Promise((resolve) => this.#ended.signal.addEventListener("abort", resolve, { once: true }));
    this.#worker.postMessage("close" satisfies ToIndex);
    await ended;
  }

  /** Ends the thread wherever it stands. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Asks something, unless too many questions wait: each may take a second, and frames wait behind them. */
  async #ask<K extends keyof IndexOperations>(
    operation: K,
    parameters: Parameters<IndexOperations[K]>,
  ): Promise<ReturnType<IndexOperations[K]>> {
    if (this.#questions >= QUESTIONS_MAX) throw new JournalIndexError("busy", "too many questions wait for the index");
    this.#questions += 1;
    try {
      return await this.#call(operation, parameters);
    } finally {
      this.#questions -= 1;
    }
  }

  #call<K extends keyof IndexOperations>(
    operation: K,
    parameters: Parameters<IndexOperations[K]>,
  ): Promise<ReturnType<IndexOperations[K]>> {
    if (this.#ended.signal.aborted) return Promise.reject(this.#disconnected());
    const call = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve: (value) => resolve(value as ReturnType<IndexOperations[K]>), reject });
      this.#worker.postMessage({ call, operation, parameters } satisfies ToIndex);
    });
  }

  #receive(message: FromIndex): void {
    if (message.kind === "opened") return;
    const pending = this.#pending.get(message.call);
    this.#pending.delete(message.call);
    if (message.kind === "reply") return pending?.resolve(message.value);
    const { reason, error } = message;
    pending?.reject(new JournalIndexError(reason, error.message, { cause: error }));
  }

  #end(): void {
    this.#ended.abort();
    for (const { reject } of this.#pending.values()) reject(this.#disconnected());
    this.#pending.clear();
  }

  #disconnected(): JournalIndexError {
    return new JournalIndexError("disconnected", "the index is closed", { cause: this.#failure });
  }
}
