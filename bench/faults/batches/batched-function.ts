import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestServer } from "../../../test/support/http/http-target.ts";
import { readBody, serveHttp } from "../../../test/support/http/http-target.ts";
import type { Ledger } from "../ledger.ts";
import type { GivenEvent, SeenBatch } from "./batch-book.ts";

/** The name of the function, and of its target. */
export const BATCHED = "batched";
/** How long a call lasts: a router is killed while some are under way. */
const CALL_MS = 120;

/** What becomes of an event: it succeeds, it fails at its first call, its first call fails for all, or it always fails. */
export type EventKind = "good" | "flaky" | "breaking" | "poison";

export interface BatchedDetail {
  readonly group?: string;
  readonly kind: EventKind;
}

interface Given {
  readonly id: string;
  readonly detail: BatchedDetail;
}

interface Call extends SeenBatch {
  endedAtMs: number;
  failed: ReadonlySet<string>;
}

/** A function that is called with batches, and what it saw. */
export class BatchedFunction {
  /** What succeeded goes into it. */
  ledger: Ledger | undefined;
  inCalls = 0;
  /** Ids of events that succeeded. */
  readonly done = new Set<string>();
  readonly #calls: Call[] = [];
  readonly #seen = new Set<string>();
  #server: TestServer | undefined;

  static async start(): Promise<BatchedFunction> {
    const fn = new BatchedFunction();
    fn.#server = await serveHttp((request, response) => {
      void readBody(request).then(
        (text) => fn.#answer(JSON.parse(text) as readonly Given[], request.headers, response),
        () => undefined, // the caller was killed while it wrote
      );
    });
    return fn;
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  /** In the order in which they began. */
  get calls(): readonly SeenBatch[] {
    return this.#calls;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  async #answer(given: readonly Given[], headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    const events = given.map(({ id, detail }): GivenEvent => ({ eventId: id, group: detail.group }));
    const call: Call = { events, beganAtMs: performance.now(), endedAtMs: Infinity, failed: new Set() };
    this.#calls.push(call);
    const isNew = (id: string): boolean => !this.#seen.has(id);
    // Only a call of first attempts: what is called for with others fails once at most for their sake.
    const breaks =
      headers["busbar-attempt"] === "1" && given.some(({ id, detail }) => detail.kind === "breaking" && isNew(id));
    const fails = ({ id, detail }: Given): boolean =>
      detail.kind === "poison" || (detail.kind === "flaky" && isNew(id));
    const failed = given.filter((each) => breaks || fails(each)).map(({ id }) => id);
    for (const { id } of given) this.#seen.add(id);
    this.inCalls += 1;
    await sleep(CALL_MS);
    this.inCalls -= 1;
    call.endedAtMs = performance.now();
    call.failed = new Set(failed);
    for (const { id } of given) if (!call.failed.has(id)) this.#succeed(id);
    const answer = { batchItemFailures: failed.map((id) => ({ itemIdentifier: id })) };
    response.writeHead(breaks ? 500 : 200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  #succeed(id: string): void {
    this.done.add(id);
    this.ledger?.add({ eventId: id, target: BATCHED, place: `function/${BATCHED}`, deliveryId: id });
  }
}
