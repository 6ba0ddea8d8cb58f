import type { Message, Received } from "../../../src/domain/queue/message.ts";
import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { Consumers, MessageHandler } from "../../../src/ports/broker/consumer.ts";
import type { Publisher } from "../../../src/ports/broker/publisher.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";

interface Active {
  readonly handler: MessageHandler;
  readonly lost: AbortController;
  readonly held: Set<Received>;
}

/** One router's link to the broker. */
export interface LinkedRouter {
  readonly broker: Publisher & Consumers & Broadcast;
  /** As kill -9 does it: what it holds goes back, and nothing that it publishes is stored. */
  readonly kill: () => void;
}

/** A queue with a single active consumer, in memory, and a note of everything that is published elsewhere. */
export class CursorQueue {
  readonly queue: string;
  readonly published: { readonly message: Message; readonly atMs: number }[] = [];
  /** Called before a message is stored: what it throws is the publisher's answer. */
  beforeStore: (message: Message) => void = () => undefined;
  #ready: Received[] = [];
  #consumers: Active[] = [];

  constructor(queue: string) {
    this.queue = queue;
  }

  /** Messages of the queue, held ones included. */
  get count(): number {
    return this.#ready.length + this.#consumers.reduce((sum, { held }) => sum + held.size, 0);
  }

  connect(): LinkedRouter {
    let isDead = false;
    let mine: Active | undefined;
    const end = (reason: string): void => {
      if (mine === undefined) return;
      this.#consumers = this.#consumers.filter((each) => each !== mine);
      this.#ready.unshift(...mine.held);
      mine.held.clear();
      mine.lost.abort(new Error(reason));
      this.#dispatch();
    };
    const publish = async (messages: readonly Message[]): Promise<void> => {
      await Promise.resolve();
      if (isDead) throw new PublishError(messages.map((_, index) => ({ index, reason: "disconnected" as const })));
      for (const message of messages) {
        this.beforeStore(message);
        this.#store(message);
      }
    };
    return {
      broker: {
        publish,
        declare: () => Promise.resolve(),
        address: undefined,
        broadcast: () => Promise.resolve(),
        onBroadcast: () => undefined,
        send: () => Promise.resolve(),
        consume: (_queue, _limit, handler) => {
          mine = { handler, lost: new AbortController(), held: new Set() };
          this.#consumers.push(mine);
          this.#dispatch();
          const stop = async (): Promise<void> => {
            await new Promise((resolve) => setTimeout(resolve, 1));
            end("stopped");
          };
          return Promise.resolve({ pause: stop, resume: () => Promise.resolve(), stop });
        },
      },
      kill: () => {
        isDead = true;
        end("killed");
      },
    };
  }

  #store(message: Message): void {
    if (message.queue === this.queue) this.#ready.push({ ...message, crashes: 0 });
    else this.published.push({ message, atMs: Date.now() });
    this.#dispatch();
  }

  #dispatch(): void {
    const [active] = this.#consumers;
    if (active === undefined) return;
    for (const message of this.#ready.splice(0)) {
      active.held.add(message);
      active.handler(message, active.lost.signal).then(
        () => active.held.delete(message),
        () => undefined,
      );
    }
  }
}
