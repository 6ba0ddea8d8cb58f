import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import { QueueRefusedError } from "../../../ports/broker/inspector.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { connectQuietly } from "../connection/quiet-connection.ts";
import { decodeReceipt } from "../holds/book/receipt.ts";
import { depth } from "../inspecting/inspect.ts";
import { FifoMemory } from "./book/fifo-memory.ts";
import type { MessageReceive } from "./book/message-leases.ts";
import type { FifoRecord } from "./owner/fifo-log.ts";
import { FifoLog } from "./owner/fifo-log.ts";
import { hearMissedLeases } from "./owner/missed-leases.ts";
import { OwnedQueue } from "./owner/owned-queue.ts";
import type { OwnerPlace } from "./owner/owner-places.ts";
import { OwnerPlaces } from "./owner/owner-places.ts";
import type { OwnerWorkOptions } from "./owner/owner-work.ts";
import { OwnerWork } from "./owner/owner-work.ts";
import { acknowledgeNamed } from "./owner/removal.ts";
import type { FifoListener, OpenFifoOptions } from "./open-fifo-options.ts";
import type { FifoAnswer, FifoMessage, FifoRequest } from "./routers/fifo-messages.ts";
import { FifoSession } from "./routers/fifo-session.ts";
import { OwnerQuestions } from "./routers/owner-questions.ts";
import { QueueOwners } from "./routers/owners.ts";
import { RouterNews, itemSlices } from "./routers/router-news.ts";

/** How often an owner says that it is, for routers that came later. */
const OWNER_INTERVAL_MS = 5_000;

interface FifoConnections {
  readonly owning: RecoveringConnection;
  readonly logging: RecoveringConnection;
}

/** What a router needs for FIFO queues, on connections of its own. */
export class OpenFifo {
  readonly places: OwnerPlaces;
  readonly questions: OwnerQuestions;
  readonly news: RouterNews;
  readonly #connections: FifoConnections;
  readonly #options: OpenFifoOptions;
  readonly #listener: FifoListener;
  readonly #log: FifoLog;
  readonly #session: FifoSession;
  readonly #owners = new QueueOwners();
  readonly #memory = new FifoMemory();
  readonly #saying: NodeJS.Timeout;
  #address: string | undefined;

  constructor(connections: FifoConnections, options: OpenFifoOptions, listener: FifoListener) {
    this.#connections = connections;
    this.#options = options;
    this.#listener = listener;
    const { publish } = options;
    this.#log = new FifoLog(connections.logging, (record) => this.#read(record));
    this.news = new RouterNews(publish, (message) => this.#hear(message));
    const serve = (request: FifoRequest): Promise<FifoAnswer> => this.places.serve(request);
    const unheard = this.#unheard.bind(this);
    this.#session = new FifoSession({ connection: connections.owning, publish, serve, unheard });
    this.places = new OwnerPlaces(
      (queue) => this.#open(queue),
      () => this.#session.id,
    );
    const [owners, session] = [this.#owners, this.#session];
    this.questions = new OwnerQuestions({ places: this.places, owners, session, news: this.news, unheard });
    this.#saying = setInterval(() => this.#say(), OWNER_INTERVAL_MS);
    this.#saying.unref();
  }

  async start(): Promise<void> {
    await Promise.all([this.#log.start(), this.#session.start()]);
    this.#say();
  }

  /** What this router has handed out is in the log, for whoever owns its queues next, should that start later. */
  async close(): Promise<void> {
    clearInterval(this.#saying);
    const leases = this.places.owned.flatMap(([, { work }]) => work.leases());
    await this.places.end();
    const records = itemSlices(leases).map((each): FifoRecord => ({ type: "leases", leases: [...each] }));
    await this.#log.append(records).catch(() => undefined);
    await Promise.all([this.#session.end(), this.#log.end()]);
    const { owning, logging } = this.#connections;
    await Promise.all([owning.close(), logging.close()]);
  }

  /** Whether it is a FIFO queue that this router is to have. */
  has(queue: string): boolean {
    return isFifoQueue(queue) && this.#options.topology.find(queue) !== undefined;
  }

  /** This router has nothing to do with the queue any more. */
  async leave(queue: string): Promise<void> {
    await this.places.leave(queue);
    this.#owners.drop(queue);
  }

  /**
   * How many messages of the queue no router has in hand, 0 where that is not known. Undefined of a queue that was not declared;
   * one that is missing is made again. @throws QueueRefusedError
   */
  async waiting(queue: string): Promise<number | undefined> {
    const { topology } = this.#options;
    const { owning } = this.#connections;
    if (!this.has(queue)) return undefined;
    try {
      const ready = (await depth(owning, queue))?.ready;
      if (ready === undefined) await topology.declareAgain(owning.model, queue);
      return ready ?? 0;
    } catch (error) {
      if (error instanceof QueueRefusedError) throw error;
      // The connection is lost, which mostly is back before the owner has been waited for.
      return 0;
    }
  }

  /** Deletes messages by their keys without their owner, which hears of it. A receipt of an earlier receive does not. */
  async bury(queue: string, changes: readonly MessageReceive[]) {
    const outcomes = changes.map((each) =>
      this.#memory.leases.isPast(each) ? ("expired" as const) : ("deleted" as const),
    );
    const buried = changes.filter(({ key }, at) => outcomes[at] === "deleted" && !this.#memory.deleted.has(key));
    await this.#log.append(buried.map(({ key }): FifoRecord => ({ type: "deleted", queue, message: key })));
    return outcomes;
  }

  /** What was sent before is deleted, and does not count as sent. */
  async clear(queue: string, atMs: number): Promise<void> {
    await this.#log.append([{ type: "cleared", queue, atMs }]);
    this.#clear(queue, atMs);
    await this.news.tell({ type: "cleared", queue, atMs });
  }

  #open(queue: string): OwnerPlace {
    const { clock, publish, events } = this.#options;
    const [memory, log] = [this.#memory, this.#log];
    const owned = new OwnedQueue({
      queue,
      connection: this.#connections.owning,
      isWanted: () => this.has(queue),
      unwanted: () => void this.leave(queue),
      caughtUp: async (arrived) => {
        await Promise.all([log.caughtUp(), this.news.caughtUp()]);
        await hearMissedLeases(queue, arrived(), { leases: memory.leases, news: this.news, nowMs: clock() });
      },
      memory,
      deletedUnnamed: (message) => void acknowledgeNamed(message, { queue, log, clock }),
      budget: this.places.budget,
      owned: () => void this.#sayOwner(queue),
      visibleAgain: (count) => events.visibleAgain(queue, count, "time"),
      clock,
      fault: (message, error) => events.fault(message, error),
    });
    const leased: RouterNews["tellLeases"] = (leases) => this.news.tellLeases(leases);
    const returned: OwnerWorkOptions["returned"] = (messages) => void this.news.tellReturned(queue, messages);
    return { owned, work: new OwnerWork({ owned, queue, log, memory, leased, returned, publish, events, clock }) };
  }

  #hear(message: FifoMessage): void {
    if (message.type === "owner") this.#owners.set(message.queue, message.session);
    if (message.type === "leases-of") void this.#answerLeases(message.keys);
    if (message.type === "leases") for (const lease of message.leases) this.#memory.leases.add(lease);
    if (message.type === "returned") this.#return(message.queue, message.receives);
    if (message.type === "sent") for (const record of message.records) this.#listener.sent(record);
    if (message.type === "cleared") this.#clear(message.queue, message.atMs);
    if (message.type === "who") void this.#answerWho(message.queue);
  }

  /** Whoever asked has gone before it was answered. */
  #unheard({ queue }: FifoRequest, answer: FifoAnswer): void {
    if (answer.is !== "received") return;
    const receipts = answer.messages.flatMap(({ receipt }) => decodeReceipt(queue, receipt) ?? []);
    const receives = receipts.map(({ fingerprint: key, number, session }) => ({ key, receives: number, session }));
    void this.news.tellReturned(queue, receives);
  }

  #return(queue: string, returned: readonly MessageReceive[]): void {
    const nowMs = this.#options.clock();
    for (const each of returned) {
      const lease = this.#memory.leases.find(each.key);
      const isOfThat = lease?.receives === each.receives && lease.session === each.session;
      if (isOfThat) this.#memory.leases.add({ ...lease, visibleAtMs: nowMs });
      this.places.find(queue)?.owned.returned(each);
    }
  }

  #read(record: FifoRecord): void {
    if (record.type === "cleared") this.#clear(record.queue, record.atMs);
    if (record.type === "leases") for (const lease of record.leases) this.#memory.leases.add(lease);
    if (record.type !== "deleted") return;
    const { queue, message, sent } = record;
    this.#memory.wasDeleted(message, sent && { queue, ...sent });
    this.places.find(queue)?.owned.deleted(message, sent !== undefined);
  }

  #clear(queue: string, atMs: number): void {
    this.#memory.clear(queue, atMs);
    this.#listener.cleared(queue, atMs);
    this.places.find(queue)?.owned.clear(atMs);
  }

  async #answerWho(queue: string | undefined): Promise<void> {
    for (const [name, { work }] of this.places.owned) {
      if (queue !== undefined && queue !== name) continue;
      if (queue === undefined) await this.news.tellLeases(work.leases()).catch(() => undefined);
      await this.#sayOwner(name);
    }
  }

  async #answerLeases(keys: readonly string[]): Promise<void> {
    await this.news.tellLeases(keys.flatMap((key) => this.#memory.leases.find(key) ?? [])).catch(() => undefined);
  }

  /** Who has heard nothing for a time asks what was received meanwhile. */
  #say(): void {
    const address = this.#options.address();
    if (address !== undefined && address !== this.#address) void this.news.mention({ type: "who" });
    this.#address = address;
    for (const [queue] of this.places.owned) void this.#sayOwner(queue);
  }

  async #sayOwner(queue: string): Promise<void> {
    const session = this.#session.id;
    if (session === undefined) return;
    this.#owners.set(queue, session);
    await this.news.mention({ type: "owner", queue, session });
  }
}

/** Connects. Without connections within 5 s it resolves all the same, and connects later. */
export async function openFifo(options: OpenFifoOptions, listener: FifoListener): Promise<OpenFifo> {
  const [owning, logging] = await Promise.all([
    connectQuietly(options.server, "busbar FIFO queues"),
    connectQuietly(options.server, "busbar FIFO log"),
  ]);
  const fifo = new OpenFifo({ owning, logging }, options, listener);
  await fifo.start();
  return fifo;
}
