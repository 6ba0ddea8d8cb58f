import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backoffMs } from "../../../../src/domain/failure/backoff.ts";
import type { Circuit } from "../../../../src/domain/target/circuit.ts";
import { afterCall, afterWait, CLOSED } from "../../../../src/domain/target/circuit.ts";
import { apiDestinationPolicy, functionPolicy } from "../../../../src/domain/target/policy.ts";
import { FAILURE_REASONS } from "../../../../src/domain/failure/reason.ts";
import { decideVerdict, isOutage } from "../../../../src/domain/failure/verdict.ts";
import { sampleFunction } from "../../../support/sample.ts";

const POLICY = { failureThreshold: 3, openSeconds: 5 };
const OPEN: Circuit = { state: "open" };
const HALF_OPEN: Circuit = { state: "half-open" };

/** `f` is a call that failed, `s` one that did not, `w` the end of the wait. */
function after(steps: string, circuit: Circuit = CLOSED): Circuit["state"] {
  const step = (before: Circuit, name: string): Circuit =>
    name === "w" ? afterWait(before) : afterCall(before, name === "f", POLICY);
  return Array.from(steps).reduce(step, circuit).state;
}

describe("circuits", () => {
  const table: readonly (readonly [string, Circuit["state"], string])[] = [
    ["", "closed", "is closed at first"],
    ["ff", "closed", "stays closed below the threshold"],
    ["fff", "open", "opens at the threshold"],
    ["ffsff", "closed", "counts failures in a row only"],
    ["fffs", "open", "is not closed by what was called before it opened"],
    ["fffffff", "open", "stays open whatever else fails"],
    ["fffw", "half-open", "is tried after a while"],
    ["fffwf", "open", "opens again when the try fails"],
    ["fffws", "closed", "closes when the try does not fail"],
    ["fffwsff", "closed", "begins to count anew when it has closed"],
    ["w", "closed", "is not opened by waiting"],
  ];
  for (const [steps, state, name] of table) {
    it(name, () => assert.equal(after(steps), state));
  }

  it("A circuit opens only after the configured failures in a row, or after one failed trial", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("f", "s", "w")), (steps) => {
        const text = steps.join("");
        if (after(text) === "open") assert.match(text, /fff|f.*w.*f/);
        assert.equal(after(`${text}w`) === "open", false);
        assert.equal(after("s", after(text) === "open" ? HALF_OPEN : CLOSED), "closed");
      }),
    );
  });

  it("A circuit that is open stays as it is on another failure, so that it opens once", () => {
    assert.equal(afterCall(OPEN, true, POLICY), OPEN);
    assert.equal(afterCall(OPEN, false, POLICY), OPEN);
  });
});

describe("failures that open a circuit", () => {
  for (const policy of [functionPolicy(sampleFunction("f")), apiDestinationPolicy()]) {
    for (const reason of FAILURE_REASONS) {
      const retried = isOutage(reason, policy.kind);
      it(`A ${policy.kind}'s ${reason} ${retried ? "opens" : "does not open"} a circuit, as it is ${retried ? "" : "not "}retried with backoff`, () => {
        const delivery = {
          id: "d",
          destination: { kind: policy.kind, name: "f" },
          body: Buffer.from("{}"),
          attempt: 7,
          countedRetries: 0,
          firstAtMs: 0,
          hops: 0,
          suspicions: 0,
        } as const;
        const failure = { ok: false, reason, message: "it failed" } as const;
        const verdict = decideVerdict(failure, { delivery, policy, nowMs: 0, random: 0.25 });
        assert.equal(verdict.kind === "retry" && verdict.delayMs === backoffMs(7, 0.25), retried);
      });
    }
  }
});
