import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Who takes what from which queue, and how many calls at once. */
export const CONSUME: readonly Mutation[] = [
  ...inFile("src/flow/consume/pull.ts", [
    ["      await taken?.giveBack();\n", "", "what came at the moment of a pause goes back"],
    [
      "  if (timeoutSeconds === undefined) {\n    await taken.giveBack();",
      "  if (timeoutSeconds === undefined) {",
      "what came for a function that was removed goes back",
    ],
    ['handled === "gone" ? taken.giveBack() : taken.ack()', "taken.ack()", "what its poll did not wait for goes back"],
    ["  } catch (error) {\n    await taken.giveBack();", "  } catch (error) {", "what could not be settled goes back"],
    ["    inFlight.release(bytes);\n", "", "polls go on when calls have ended"],
    ["      turn.end();\n", "", "the next poll has its turn"],
    ["  paused.onChange(() => turns.reconcile());\n", "", "a pause reaches polls that wait"],
    ["timeoutSeconds * 1_000", "timeoutSeconds", "a polled call has its time limit"],
  ]),
  ...inFile("src/flow/consume/poll-turns.ts", [
    [" / MESSAGE_BYTES / this.#polls.size", " / MESSAGE_BYTES", "functions that poll share the budget"],
    ["return Math.max(1, Math.floor(", "return Math.max(0, Math.floor(", "every function gets its turn"],
    ["    if (gone.aborted) return;\n", "", "a poll that is over does not wait for ever"],
    ["        wakeNext(polls);\n", "", "a poll that waits goes ahead when another has its message"],
  ]),
  ...inFile("src/flow/consume/subscription.ts", [
    ["await current?.consumer.pause();", "", "a paused destination takes no messages"],
    [
      "current.limit >= limit.least && current.limit <= limit.most",
      "current.limit >= limit.least",
      "a consumer takes fewer messages when containers have left",
    ],
    ["if (current !== undefined) this.#end(current.consumer);", "", "the former consumer ends when another begins"],
    ["      void this.#applyLater();\n", "", "a consumer that the broker refused is made in the end"],
    ["    await this.#ending.ended();\n", "", "a stop waits for what is in flight"],
    ["|| this.#stopping.signal.aborted) return;", ") return;", "a stop begins no consumer"],
  ]),
  ...inFile("src/flow/consume/subscriptions.ts", [
    ["    if (this.#isStopped) return;\n", "", "a reload begins nothing during a stop"],
    [
      "inFlight.isFull ? undefined : spec.limit()",
      "spec.limit()",
      "a router takes no more messages than it has memory for",
    ],
    ["next?.queue !== spec.queue", "next === undefined", "a function of another kind is served from its own queue"],
    ["if (!this.#byName.has(name)) changes", "changes", "a reload that changes nothing keeps its consumers"],
  ]),
  ...inFile("src/flow/consume/counting-bytes.ts", [
    ["    inFlight.take(message.body.length);\n", "", "messages in flight use memory"],
    ["if (error !== lost.reason) onError", "onError", "a message that was lost is no error in the log"],
  ]),
  ...inFile("src/flow/consume/former-queues.ts", [
    ["if (depth.ready === 0) return EMPTY_MS;", "", "an empty former queue is not consumed"],
    [
      "if (depth === undefined) return ABSENT_MS;",
      "if (depth === undefined) return EMPTY_MS;",
      "a queue that does not exist does not fill the broker's log",
    ],
    [
      "if (!this.#deps.isOpen(watch.functionName)) return CLOSED_MS;",
      "",
      "two configurations do not move messages to and fro",
    ],
    [
      "(message) => move(message, to)",
      "(message) => move(message, from)",
      "messages of a former queue come to the function's own",
    ],
  ]),
  ...inFile("src/flow/deliver/destination-consumers.ts", [
    ["      lost.throwIfAborted();\n", "", "a message that another router has by now is not called for"],
    ["if (mayCall) callee?.leave();", "", "a slot is free after its call"],
    ["callee !== undefined && !isOneRouters)", "callee !== undefined)", "a push container is called by one router"],
    [
      "broker.consume(SUSPECT_QUEUE, 1, handle)",
      "broker.consume(SUSPECT_QUEUE, 10, handle)",
      "suspects are tried one at a time",
    ],
    ["SUSPECT_HELD_MS_MAX, lost)", "HELD_MS_MAX, lost)", "a suspect does not hold up the others for ten minutes"],
    [
      'if (callee.circuit === "half-open") return { least: 1, wanted: 1, most: 1 };',
      "",
      "a destination is tried with one call",
    ],
    [
      "wanted: Math.min(concurrency, 2 * callsMax)",
      "wanted: concurrency",
      "messages do not wait where no container is left",
    ],
    [
      "if (callee?.mayBeCalled !== true) return undefined;",
      "if (callee === undefined) return undefined;",
      "a destination that is down takes no messages",
    ],
  ]),
  ...inFile("src/flow/functions/callee.ts", [
    ["!this.#isClosed && !this.#isPaused && ", "!this.#isClosed && ", "a paused destination is not called"],
    [
      "Math.min(concurrency, invoker.capacity?.current() ?? concurrency)",
      "concurrency",
      "there are no more calls than containers",
    ],
    ["      this.#slots.refuseWaiting();\n", "", "what waits for a paused destination goes back at once"],
    ["    await this.#slots.free();\n", "", "a reload waits for the calls in flight"],
    ["      this.#slots.serve();\n", "", "a new container is called at once"],
    [
      "drawn?.takesCalls === false ? this.#versions.get(traffic.version) : drawn",
      "drawn",
      "a new version that is down takes no share of the calls",
    ],
  ]),
  ...inFile("src/flow/functions/callee-version.ts", [
    ["      this.#breaker?.called(outcome);\n", "", "a destination that is down is called no more"],
    [
      "policy?.openSeconds === openSeconds) return;",
      "false) return;",
      "a reload that changes nothing keeps a circuit open",
    ],
  ]),
  ...inFile("src/flow/functions/callees.ts", [
    ["if (isCalledTheSame) {", "if (false) {", "a reload that changes nothing keeps calls and connections"],
    ["    await former?.close().catch(report);\n", "", "a function's former process or container ends"],
    ["isPaused: paused.isPaused(label)", "isPaused: false", "a paused destination stays paused after a reload"],
    ["    if (this.#isStopped) return;\n", "", "a reload makes nothing during a stop"],
  ]),
  ...inFile("src/flow/functions/call-slots.ts", [
    ["if (lost.aborted) return false;", "", "a message that was lost takes no slot"],
  ]),
  ...inFile("src/flow/functions/circuit-breaker.ts", [
    [
      "if (this.state === before || this.#stopped.signal.aborted) return;",
      "if (this.#stopped.signal.aborted) return;",
      "a circuit notifies once that it closed",
    ],
    ["policy.openSeconds * 1_000", "policy.openSeconds", "a destination that is down is left alone for a while"],
  ]),
];
