import { describe, it } from "node:test";
import fc from "fast-check";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { HoldsRun, type Step } from "./holds-run.ts";

const HOUR_MS = 3_600_000;
const RUNS = 40;

const router = fc.integer({ min: 0, max: 1 });
const pick = fc.nat({ max: 20 });
/** What is invisible for an hour moves. */
const invisibleMs = fc.constantFrom(0, 200, 1_000, HOUR_MS, HOUR_MS);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("send" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant("receive" as const),
      router,
      limit: fc.integer({ min: 1, max: 5 }),
      invisibleMs,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("delete" as const), router, pick }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("hide" as const), router, pick, invisibleMs }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("cut" as const, "stop" as const, "crash" as const), router }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(20, 250) }) },
);

describe("a queue whose messages are received for a time, on two routers and RabbitMQ", { timeout: 3_600_000 }, () => {
  it("keeps what docs/sqs.md promises through lost connections, stops and crashes", async (t) => {
    const queueOf = (run: number): string => `orders-${run}`;
    const url = await freshVhost(
      t,
      Array.from({ length: RUNS }, (_, run) => queueOf(run)),
    );
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async (steps) => {
        await HoldsRun.through(steps, url, queueOf(runs++));
      }),
      // Each try takes seconds, and faults have times of their own: fewer steps would mostly not show the same again.
      { ...propertyRuns(RUNS), endOnFailure: true },
    );
  });
});
