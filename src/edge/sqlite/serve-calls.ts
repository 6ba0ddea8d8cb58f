import type { MessagePort } from "node:worker_threads";
import { asError, isFull } from "./database.ts";
import type { ThreadAnswer, ThreadCall } from "./database-thread.ts";

type Operations = Readonly<Record<string, (...parameters: never[]) => unknown>>;

/** Does what the main thread asks, until it says `close`. */
export function serveCalls(port: MessagePort, operations: Operations, close: () => void | Promise<void>): void {
  const send = (answer: ThreadAnswer): void => port.postMessage(answer);
  port.on("message", (message: ThreadCall | "close") => {
    if (message === "close") void Promise.resolve(close()).then(() => port.close());
    else void answerTo(message, operations).then(send);
  });
  send({ kind: "opened" });
}

async function answerTo({ call, operation, parameters }: ThreadCall, operations: Operations): Promise<ThreadAnswer> {
  try {
    // The main thread calls through a typed function, so the parameters are those of the operation.
    return { kind: "reply", call, value: await operations[operation]?.(...(parameters as never[])) };
  } catch (error) {
    return { kind: "failure", call, full: isFull(error), error: asError(error) };
  }
}
