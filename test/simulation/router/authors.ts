import { AsyncLocalStorage } from "node:async_hooks";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { Publisher } from "../../../src/ports/broker/publisher.ts";
import type { QueueBrowser, QueueCounts } from "../../../src/ports/broker/inspector.ts";
import type { Redrive } from "../oracle/redrive.ts";
import type { World } from "./simulated-router.ts";

/** On whose behalf a router works: a delivery, by the key of its story, or a redrive. */
export const authors = new AsyncLocalStorage<string | Redrive>();

/** The same broker, which says whom a message is published for. */
export function publisherForDeliveries(broker: Broker, { ledger }: Pick<World, "ledger">): Publisher {
  return {
    declare: (queues) => broker.declare(queues),
    publish: (messages, options) => {
      const author = authors.getStore();
      if (typeof author === "string") ledger.published(messages, author);
      return broker.publish(messages, options);
    },
  };
}

/** Below what opens packs: says what is published for redrives. */
export function watchRedrives(broker: Broker, { redrives }: Pick<World, "redrives">): void {
  const publish = broker.publish.bind(broker);
  broker.publish = (messages, options) => {
    const author = authors.getStore();
    if (typeof author === "object") redrives.publishes(author, messages);
    return publish(messages, options);
  };
}

/** A broker for redrives, which says what they send and what they are handed out. */
export function brokerForRedrives(
  broker: Broker,
  { redrives, server }: Pick<World, "redrives" | "server">,
): Publisher & QueueBrowser & QueueCounts {
  const running = (): Redrive => {
    const author = authors.getStore();
    if (author === undefined || typeof author === "string") throw new Error("something else than a redrive browses");
    return author;
  };
  return {
    declare: (queues) => broker.declare(queues),
    depth: (queue) => broker.depth(queue),
    publish: (messages, options) => {
      redrives.sends(running(), messages);
      return broker.publish(messages, options);
    },
    browse: async (queue) => {
      const browsing = await broker.browse(queue);
      return {
        get met() {
          return browsing.met;
        },
        next: async (limit) => {
          const browsed = await browsing.next(limit);
          for (const { message } of browsed) redrives.met(running(), server.handOutOf(message));
          return browsed;
        },
        end: () => browsing.end(),
      };
    },
  };
}
