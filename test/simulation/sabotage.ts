import type { Broker } from "../../src/ports/broker/broker.ts";
import type { MessageHandler } from "../../src/ports/broker/consumer.ts";
import type { Config } from "../../src/domain/config.ts";
import { DEAD_LETTER_QUEUE } from "../../src/domain/queue/queues.ts";
import type { InFlightBytes } from "../../src/flow/budget/in-flight.ts";
import type { SimulatedRabbitMq } from "./rabbitmq/server.ts";

/** A defect put into every router on purpose, between its code and what that depends on. */
export interface Sabotage {
  /** Changes the configuration that consumers are made from. */
  config?: (config: Config) => Config;
  broker?: (broker: Broker, server: SimulatedRabbitMq) => Broker;
  nowMs?: (nowMs: () => number) => () => number;
  inFlight?: (inFlight: InFlightBytes) => void;
}

/** The same broker with some methods replaced. */
function changed(broker: Broker, changes: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in changes ? changes : target, name, target);
      return typeof value === "function" && !(name in changes) ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Changes what the router does with each message that it consumes. */
function changedHandler(change: (handler: MessageHandler) => MessageHandler): Sabotage {
  return {
    broker: (broker) =>
      changed(broker, { consume: (queue, limit, handler) => broker.consume(queue, limit, change(handler)) }),
  };
}

/** Defects that a router could have, each of which a simulation must find. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  "acks before the consequence is confirmed": changedHandler((handler) => (message, lost) => {
    void handler(message, lost).catch(() => undefined);
    return Promise.resolve();
  }),
  "forgets that a message may have killed a router": changedHandler(
    (handler) => (message, lost) => handler({ ...message, crashes: 0 }, lost),
  ),
  "takes a failed publish for stored": {
    broker: (broker) =>
      changed(broker, { publish: (messages, options) => broker.publish(messages, options).catch(() => undefined) }),
  },
  "publishes twice": {
    broker: (broker) =>
      changed(broker, {
        publish: async (messages, options) => {
          await broker.publish(messages, options);
          await broker.publish(messages, options);
        },
      }),
  },
  "does not wait before a retry": {
    broker: (broker) => changed(broker, { publish: (messages) => broker.publish(messages) }),
  },
  "loses what a poll could not take": {
    broker: (broker) =>
      changed(broker, {
        take: async (queue, signal) => {
          const taken = await broker.take(queue, signal);
          return taken && { ...taken, giveBack: () => taken.ack() };
        },
      }),
  },
  "calls more at once than the concurrency": {
    config: (config) => {
      const functions = [...config.functions.values()].map((fn) => ({ ...fn, concurrency: fn.concurrency + 1 }));
      return { ...config, functions: new Map(functions.map((fn) => [fn.name, fn])) };
    },
  },
  "gives up where it should retry": {
    broker: (broker) =>
      changed(broker, {
        publish: (messages, options) =>
          broker.publish(
            options?.delayMs === undefined ? messages : messages.map((one) => ({ ...one, queue: DEAD_LETTER_QUEUE })),
          ),
      }),
  },
  "lets two routers consume a queue that is for one at a time": {
    broker: (broker) =>
      changed(broker, {
        declare: (queues) => broker.declare(queues.map((queue) => ({ ...queue, singleActiveConsumer: false }))),
      }),
  },
  "does not read what other routers paused": {
    broker: (broker) => changed(broker, { follow: () => broker.follow(() => undefined) }),
  },
  "never gives a budget's bytes back": {
    inFlight: (inFlight) => {
      inFlight.release = () => undefined;
    },
  },
  "does not see time pass": {
    nowMs: (nowMs) => {
      const startedAtMs = nowMs();
      return () => startedAtMs;
    },
  },
};
