import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** RabbitMQ's driver. */
export const RABBITMQ: readonly Mutation[] = [
  ...inFile("src/edge/rabbitmq/consuming/consumer.ts", [
    [
      "    if (this.#handover.over !== undefined) await this.#handover.over;\n",
      "",
      "no handler begins between the last ack and the cancel",
    ],
    ["raw.fields.redelivered && message.id", "message.id", "two messages with one id are both handled"],
    ["    while (this.#inFlight.any) await this.#inFlight.ended();\n", "", "a stop waits for what is in flight"],
    ['if (error === lost.reason) return "failed";', "", "a message that was lost is no failure"],
    [
      "      session.lost.abort();\n      session.lost = new",
      "      session.lost = new",
      "what another router has by now is not begun",
    ],
  ]),
  ...inFile("src/edge/rabbitmq/connection/supervised-channel.ts", [
    [
      "const waitMs = this.#failures === 0 ? 0 : retryMs(this.#failures);",
      "const waitMs = 0;",
      "a channel that is closed again and again is opened with pauses",
    ],
    [
      "if (performance.now() - openedAtMs >= SETTLED_AFTER_MS) this.#failures = 0;",
      "this.#failures = 0;",
      "a channel that is closed at once is opened with pauses",
    ],
    ["      this.#retry(model);\n    });", "    });", "a channel that the broker closed is opened again"],
  ]),
  ...inFile("src/edge/rabbitmq/publishing/publisher.ts", [
    ['returned ? "unroutable" : undefined', "undefined", "a message that no queue took is not answered as stored"],
    [
      "if (this.#connection.blocked || this.#unconfirmedBytes",
      "if (this.#unconfirmedBytes",
      "a put is refused while the broker is blocked",
    ],
    ["    await Promise.all(this.#batches);\n", "", "a stop waits for confirms"],
  ]),
  ...inFile("src/edge/rabbitmq/topology/delay-ladder.ts", [
    ["2 ** level * 1000", "2 ** level * 100", "a delayed message never comes early"],
    [
      '"x-dead-letter-strategy": "at-least-once"',
      '"x-dead-letter-strategy": "at-most-once"',
      "a crash of the broker loses no delayed message",
    ],
  ]),
  ...inFile("src/edge/rabbitmq/consuming/delayed-message.ts", [
    [
      "if (reason !== undefined && DECIDED.has(reason)) return error;",
      "",
      "a full queue holds up nobody's delayed messages",
    ],
    ["[HEADER.refusals]: count", "[HEADER.refusals]: 0", "a queue that refuses for long is tried seldom"],
  ]),
  ...inFile("src/edge/rabbitmq/consuming/acks.ts", [
    [
      "      if (message === undefined) break;\n",
      "      if (message === undefined) continue;\n",
      "an ack settles nothing that is still at work",
    ],
    [
      "    this.#held.delete(message.fields.deliveryTag);\n    this.#ifOpen(() => this.#channel.nack",
      "    this.#ifOpen(() => this.#channel.nack",
      "acks are settled in one go after a nack",
    ],
  ]),
  ...inFile("src/edge/rabbitmq/consuming/taker.ts", [
    ["if (message !== null && !this.aborted) this.ended = this.#cancel();", "", "a poll takes one message"],
    ["await settle(!copied);", "await settle(false);", "a message that goes back is stored first"],
    ["if (!subscription.aborted) return taken;", "return taken;", "what came after its poll ended goes back"],
  ]),
  ...inFile("src/edge/rabbitmq/topology/queue-arguments.ts", [
    ['? { "x-single-active-consumer": true } : {}', "? {} : {}", "a container's queue serves one router"],
    [
      "...(parking === undefined ? UNLIMITED_DELIVERIES : parkingArguments(parking))",
      "...UNLIMITED_DELIVERIES",
      "a message that kills routers is parked by the broker",
    ],
  ]),
];
