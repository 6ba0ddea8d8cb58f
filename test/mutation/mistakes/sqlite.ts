import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** The embedded broker. */
export const SQLITE: readonly Mutation[] = [
  ...inFile("src/edge/sqlite/broker/messages/message-tables.ts", [
    ["if (bytes >= bytesMax) break;", "", "large messages are handed out a few at a time"],
  ]),
  ...inFile("src/edge/sqlite/broker/messages/message-statements.ts", [
    [
      "WHERE holder IS NOT NULL AND crashes >= delivery_limit",
      "WHERE holder IS NOT NULL AND crashes > delivery_limit",
      "a message is parked after as many crashes as its queue allows",
    ],
    [
      "crashes = crashes + 1 WHERE holder IS NOT NULL",
      "crashes = crashes WHERE holder IS NOT NULL",
      "crashes are counted",
    ],
    [
      "WHERE queue = ? AND ${ready} ORDER BY sequence LIMIT ?",
      "WHERE queue = ? AND ${ready} ORDER BY sequence DESC LIMIT ?",
      "messages come in their order",
    ],
    ["WHERE due_at_ms <= ? ORDER BY", "WHERE due_at_ms <= ? + 5000 ORDER BY", "a delayed message never comes early"],
    [
      "DELETE FROM contents WHERE sequence = ?",
      "DELETE FROM contents WHERE sequence = -?",
      "an acked message frees its disk",
    ],
  ]),
  ...inFile("src/edge/sqlite/broker/consuming/dispatcher.ts", [
    ["subscriptions.slice(0, 1)", "subscriptions", "a queue for one consumer serves one"],
    [
      "const room = limit - this.#tables.heldBy(consumer);",
      "const room = limit;",
      "a consumer holds no more than its limit",
    ],
    ["if (this.#byConsumer.get(consumer)?.once) this.unsubscribe(consumer);", "", "a take brings one message"],
    ["      if (bytesLeft <= 0) this.#awake.add(name);\n", "", "a queue with large messages is handed out to its end"],
    [
      "    // The next in line of a single active consumer queue takes over.\n    this.wake(queue);\n",
      "",
      "the next consumer takes over",
    ],
  ]),
  ...inFile("src/edge/sqlite/broker/group-commit.ts", [
    ["for (const call of calls) this.#performAlone(call);", "", "a call that fails does not take the others with it"],
    ["stores && this.#recovery !== undefined", "false", "settling has room while the disk is full"],
    ["    if (setBackMs > 0) store.setBack(setBackMs);\n", "", "a clock that is set back does not delay retries"],
  ]),
  ...inFile("src/edge/sqlite/broker/broker.ts", [
    ["index: part.first + index", "index", "the right message is named as not stored"],
    ["if (!signal.aborted) return taken;", "return taken;", "what came after its poll ended goes back"],
  ]),
  ...inFile("src/edge/sqlite/broker/consuming/consumer.ts", [
    [
      "    this.#stopping.abort();\n    await this.pause()",
      "    await this.pause()",
      "a stop does not wait for a failed message's pause",
    ],
    ["await Promise.all(this.#inFlight);", "", "a stop waits for what is in flight"],
    ["sleep(handBackMs(failures)", "sleep(0", "a message that fails does not come back at once"],
  ]),
];
