import type { Delivery } from "../../domain/delivery/delivery.ts";
import type { TestFacts } from "../../domain/facts.ts";
import type { Received } from "../../domain/queue/message.ts";
import type { TestReports } from "../../ports/admin/function-tests.ts";
import type { PreparedCall } from "../../ports/functions/functions.ts";
import type { DeliveryObserver } from "../../ports/observer.ts";
import type { SendContext } from "./send.ts";
import { send } from "./send.ts";

interface TestContext extends SendContext {
  readonly observer: DeliveryObserver;
  readonly tests?: TestReports;
  /** Fires when the bound of a stop has passed: calls are abandoned. */
  readonly abandon: AbortSignal;
}

/**
 * Makes the one call of a test and reports its result. Nothing is stored: no retry, no record, no dead letter. A test that
 * comes again after a router ended with it in hand calls nobody, since its function may have been called.
 *
 * @returns `gone` when the poll that should take it went away: then nothing happened, and another one may take it.
 */
export async function deliverTest(
  delivery: Delivery & Required<Pick<Delivery, "test">>,
  { crashes }: Received,
  call: PreparedCall,
  context: TestContext,
): Promise<"settled" | "gone"> {
  const { nowMs, observer, tests, abandon } = context;
  const startedAtMs = nowMs();
  const end = (what: Pick<TestFacts, "outcome" | "invoked">): "settled" => {
    const facts = { delivery, startedAtMs, endedAtMs: nowMs(), ...what };
    observer.tested(facts);
    tests?.ended(facts);
    return "settled";
  };
  if (crashes > 0) return end({ outcome: "unknown", invoked: false });
  if (startedAtMs > delivery.test.untilMs) {
    return end({ outcome: { ok: false, reason: "expired", message: "nobody waits for the test" }, invoked: false });
  }
  tests?.began(delivery);
  try {
    const attempt = await send(delivery, call, context, abandon);
    if (attempt !== "gone") return end(attempt);
    tests?.gone(delivery);
    return "gone";
  } catch (error) {
    if (!abandon.aborted) throw error;
    return end({ outcome: "unknown", invoked: true });
  }
}
