import { after } from "node:test";
import type { Ending } from "./rabbitmq/rabbitmq.ts";

/**
 * What a suite's `before` has started, ended after the suite, last in first out. Call it in the `describe`: inside a
 * hook, node:test would run its `after` at once.
 */
export function suiteEndings(): Ending {
  const cleanUps: (() => Promise<unknown>)[] = [];
  after(async () => {
    for (let cleanUp = cleanUps.pop(); cleanUp !== undefined; cleanUp = cleanUps.pop()) await cleanUp();
  });
  return { after: (cleanUp) => void cleanUps.push(cleanUp) };
}
