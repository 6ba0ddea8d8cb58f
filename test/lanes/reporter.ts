import type { EventData } from "node:test";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

/** What a process that runs test files sends to the one that started it. */
export type TestMessage =
  | { readonly type: "passed" | "skipped"; readonly file: string }
  | { readonly type: "failed"; readonly file: string; readonly name: string; readonly error: string }
  | { readonly type: "took"; readonly file: string; readonly seconds: number }
  | { readonly type: "end"; readonly cpuSeconds: number };

/**
 * A reporter for node:test that sends over the IPC channel: stdout belongs to the tests. It waits for each message to be
 * read into the channel, since the process ends with the reporter, and what waits in it is lost.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = [];
  for await (const event of events) {
    if (event.type === "test:start") names[event.data.nesting] = event.data.name;
    // Such as an error that was thrown after its test had ended.
    if (event.type === "test:diagnostic") yield `${event.data.message}\n`;
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { file = "", nesting, details } = event.data;
    if (event.type === "test:fail") {
      const name = [...names.slice(0, nesting), event.data.name].join(" › ");
      const error = event.data.details.error as Failure;
      // A suite fails with each of its tests. Only a failure of its own is worth a line.
      if (error.failureType !== "subtestsFailed") await send({ type: "failed", file, name, error: textOf(error) });
    } else if (isSkipped(event.data)) await send({ type: "skipped", file });
    else if (details.type !== "suite") await send({ type: "passed", file });
    if (nesting === 0) await send({ type: "took", file, seconds: details.duration_ms / 1_000 });
  }
  const { user, system } = process.cpuUsage();
  await send({ type: "end", cpuSeconds: (user + system) / 1e6 });
}

/** node:test wraps what a test has thrown. */
interface Failure extends Error {
  readonly failureType?: string;
}

function textOf(failure: Failure): string {
  return inspect(failure.cause ?? failure, { depth: 5 });
}

function isSkipped({ skip, todo }: EventData.TestPass): boolean {
  return (skip ?? false) !== false || (todo ?? false) !== false;
}

/** Resolves when the message is in the channel. */
async function send(message: TestMessage): Promise<void> {
  if (process.send === undefined) return;
  await new Promise<void>((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
