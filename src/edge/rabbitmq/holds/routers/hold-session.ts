import { randomBytes, randomUUID } from "node:crypto";
import type { Channel, ChannelModel } from "amqplib";
import { waitFor } from "../../../../async/time-limit.ts";
import { openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import type { HoldChange, ChangeOutcome, HoldMessage } from "./hold-messages.ts";
import { decodeHoldMessage, encodeHoldMessage } from "./hold-messages.ts";

const ANSWER_WAIT_MS = 2_000;
/** Questions open at once, to all routers. */
const QUESTIONS_MAX = 1_000;

export interface HoldSessionOptions {
  readonly connection: RecoveringConnection;
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Settles what this router holds. Never rejects. */
  readonly change: (changes: readonly HoldChange[]) => Promise<readonly ChangeOutcome[]>;
}

/**
 * What routers ask each other about messages that one of them holds. A session is as long as the connection over which
 * messages are held, and has an exclusive queue on it: a session whose queue is not there holds nothing any more, and
 * the question is returned at once.
 */
export class HoldSession {
  readonly #options: HoldSessionOptions;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #asked = new Map<string, (outcomes: readonly ChangeOutcome[] | undefined) => void>();
  #named: { readonly id: string; readonly model: ChannelModel } | undefined;

  constructor(options: HoldSessionOptions) {
    this.#options = options;
    this.#channel = new SupervisedChannel(options.connection, (model) =>
      answerTo("listening for what other routers ask", this.#listen(model)),
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

  /** Undefined when the session has ended, or does not answer within 2 s. */
  async ask(session: string, changes: readonly HoldChange[]): Promise<readonly ChangeOutcome[] | undefined> {
    const from = this.id;
    if (from === undefined || this.#asked.size >= QUESTIONS_MAX) return undefined;
    const ask = randomUUID();
    const { promise, resolve } = Promise.withResolvers<readonly ChangeOutcome[] | undefined>();
    this.#asked.set(ask, resolve);
    this.#send(session, { type: "change", ask, from, changes: [...changes] }).catch(() => resolve(undefined));
    const outcomes = await waitFor(promise, ANSWER_WAIT_MS);
    this.#asked.delete(ask);
    return outcomes?.length === changes.length ? outcomes : undefined;
  }

  async #listen(model: ChannelModel): Promise<Channel> {
    if (this.#named?.model !== model) this.#named = { id: randomBytes(8).toString("hex"), model };
    const channel = await openChannel(model);
    const queue = queueOf(this.#named.id);
    await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
    const onMessage = (message: { content: Buffer } | null): void => {
      // Without a message the queue was deleted: a new channel makes it again.
      if (message === null) void channel.close().catch(() => undefined);
      else void this.#receive(decodeHoldMessage(message.content));
    };
    await channel.consume(queue, onMessage, { noAck: true });
    return channel;
  }

  async #receive(message: HoldMessage | undefined): Promise<void> {
    if (message?.type === "changed") this.#asked.get(message.ask)?.(message.outcomes);
    if (message?.type !== "change") return;
    const outcomes = await this.#options.change(message.changes);
    const answer = this.#send(message.from, { type: "changed", ask: message.ask, outcomes: [...outcomes] });
    await answer.catch(() => undefined); // whoever asked has gone
  }

  async #send(session: string, message: HoldMessage): Promise<void> {
    const options = { persistent: false, mandatory: true, messageId: randomUUID() };
    await this.#options.publish([
      { exchange: "", routingKey: queueOf(session), body: encodeHoldMessage(message), options },
    ]);
  }
}

/** @param session 16 hexadecimal digits, so that a receipt or a question leads into no other queue. */
function queueOf(session: string): string {
  if (!/^[0-9a-f]{16}$/.test(session)) throw new RangeError(`"${session.slice(0, 100)}" is no session of a router`);
  return `busbar.holds.${session}`;
}
