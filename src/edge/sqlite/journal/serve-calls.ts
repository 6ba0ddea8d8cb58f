import type { MessagePort } from "node:worker_threads";
import { asError, isFull } from "../database.ts";
import type { ThreadAnswer, ThreadCall } from "../database-thread.ts";

/** Does what the main thread asks, one call after the other, until it says `close`. */
export function serveCalls(
  port: MessagePort,
  operations: Readonly<Record<string, (...parameters: never[]) => unknown>>,
  close: () => void,
): void {
  const send = (answer: ThreadAnswer): void => port.postMessage(answer);
  port.on("message", (message: ThreadCall | "close") => {
    if (message === "close") {
      close();
      port.close();
    } else send(answerTo(message, operations));
  });
  send({ kind: "opened" });
}

function answerTo(
  { call, operation, parameters }: ThreadCall,
  operations: Readonly<Record<string, (...parameters: never[]) => unknown>>,
): ThreadAnswer {
  try {
    // The main thread calls through a typed function, so the parameters are those of the operation.
    return { kind: "reply", call, value: operations[operation]?.(...(parameters as never[])) };
  } catch (error) {
    return { kind: "failure", call, full: isFull(error), error: asError(error) };
  }
}
