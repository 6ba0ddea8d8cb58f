import { randomBytes, randomUUID } from "node:crypto";
import type { Channel, ChannelModel } from "amqplib";
import { sleep } from "../../../../async/sleep.ts";
import { waitFor } from "../../../../async/time-limit.ts";
import { PublishError } from "../../../../ports/broker/publisher.ts";
import { openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { FifoAnswer, FifoMessage, FifoRequest } from "./fifo-messages.ts";
import { decodeFifoMessage, encodeFifoMessage } from "./fifo-messages.ts";

/** Longer than an owner lets a question wait for a message. */
const ANSWER_WAIT_MS = 5_000;
/** Questions open at once, to all routers. */
const QUESTIONS_MAX = 10_000;
/** Receives that were not answered in time and whose late answers are known. */
const LATE_MAX = 1_000;

/** How often and how long an answer is sent again that was not confirmed. */
const AGAIN_MS = 500;
const TIMES_MAX = 20;

export interface FifoSessionOptions {
  readonly connection: RecoveringConnection;
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Does what another router asks. Never rejects. */
  readonly serve: (request: FifoRequest) => Promise<FifoAnswer>;
  /** Called with an answer that could not be sent, or came when nobody waited for it. */
  readonly unheard: (request: FifoRequest, answer: FifoAnswer) => void;
}

/**
 * Questions of routers to the owner of a FIFO queue. A session is as long as the connection over which queues are owned,
 * and has an exclusive queue on it: a question to one that has ended is returned at once.
 */
export class FifoSession {
  readonly #options: FifoSessionOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #asked = new Map<string, (answer: FifoAnswer | undefined) => void>();
  /** Receives whose answers may come yet, with messages that nobody gets. */
  readonly #late = new Map<string, FifoRequest>();
  #named: { readonly id: string; readonly model: ChannelModel } | undefined;

  constructor(options: FifoSessionOptions) {
    this.#options = options;
    this.#channel = new SupervisedChannel(options.connection, (model) =>
      answerTo("listening for what other routers ask of FIFO queues", this.#listen(model)),
    );
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  end(): Promise<void> {
    return this.#channel.end();
  }

  /** Undefined while other routers cannot reach it. */
  get id(): string | undefined {
    return this.#channel.current === undefined ? undefined : this.#named?.id;
  }

  /** Undefined when that session has ended, or does not answer within 5 s. */
  async ask(session: string, request: FifoRequest): Promise<FifoAnswer | undefined> {
    const from = this.id;
    if (from === undefined || this.#asked.size >= QUESTIONS_MAX) return undefined;
    const ask = randomUUID();
    const { promise, resolve } = Promise.withResolvers<FifoAnswer | undefined>();
    this.#asked.set(ask, resolve);
    this.#send(session, { type: "ask", ask, from, request }).catch(() => resolve(undefined));
    const answer = await waitFor(promise, ANSWER_WAIT_MS);
    this.#asked.delete(ask);
    if (answer === undefined && request.do === "receive") this.#expectLate(ask, request);
    return answer;
  }

  async #listen(model: ChannelModel): Promise<Channel> {
    if (this.#named?.model !== model) this.#named = { id: randomBytes(8).toString("hex"), model };
    const channel = await openChannel(model);
    const queue = queueOf(this.#named.id);
    await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
    const onMessage = (message: { content: Buffer } | null): void => {
      // Without a message the queue was deleted: a new channel makes it again.
      if (message === null) void channel.close().catch(() => undefined);
      else void this.#receive(decodeFifoMessage(message.content));
    };
    await channel.consume(queue, onMessage, { noAck: true });
    return channel;
  }

  #expectLate(ask: string, request: FifoRequest): void {
    this.#late.set(ask, request);
    const [oldest] = this.#late.keys();
    if (this.#late.size > LATE_MAX && oldest !== undefined) this.#late.delete(oldest);
  }

  #answered(ask: string, answer: FifoAnswer): void {
    const request = this.#late.get(ask);
    this.#late.delete(ask);
    if (request === undefined) this.#asked.get(ask)?.(answer);
    else this.#options.unheard(request, answer);
  }

  async #receive(message: FifoMessage | undefined): Promise<void> {
    if (message?.type === "answer") this.#answered(message.ask, message.answer);
    if (message?.type !== "ask") return;
    const answer = await this.#options.serve(message.request);
    const isHeard = await this.#answer(message.from, { type: "answer", ask: message.ask, answer });
    if (!isHeard) this.#options.unheard(message.request, answer);
  }

  /** An answer that was not confirmed may have arrived: it is sent again, and taken once. @returns false where whoever asked has gone */
  async #answer(session: string, answer: FifoMessage): Promise<boolean> {
    const never = new AbortController().signal;
    for (let times = 1; times <= TIMES_MAX; times++) {
      try {
        await this.#send(session, answer);
        return true;
      } catch (error) {
        if (error instanceof PublishError && error.failures.some(({ reason }) => reason === "unroutable")) return false;
        await sleep(AGAIN_MS, never);
      }
    }
    // If nobody has got it, its messages are visible when their time is over.
    return true;
  }

  async #send(session: string, message: FifoMessage): Promise<void> {
    const options = { persistent: false, mandatory: true, messageId: randomUUID() };
    const body = encodeFifoMessage(message);
    await this.#options.publish([{ exchange: "", routingKey: queueOf(session), body, options }]);
  }
}

/** @param session 16 hexadecimal digits, so that a message leads into no other queue. */
function queueOf(session: string): string {
  if (!/^[0-9a-f]{16}$/.test(session)) throw new RangeError(`"${session.slice(0, 100)}" is no session of a router`);
  return `busbar.fifo.${session}`;
}
