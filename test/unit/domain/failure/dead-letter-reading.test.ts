import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Received } from "../../../../src/domain/queue/message.ts";
import { deadLetterHeaders, functionDeadLetterHeaders } from "../../../../src/domain/failure/dead-letter.ts";
import type { DeadLetter, DeadLetterFilter } from "../../../../src/domain/failure/dead-letter-reading.ts";
import { readDeadLetter, redrivenHeaders, selects } from "../../../../src/domain/failure/dead-letter-reading.ts";
import type { TargetRef } from "../../../../src/domain/target/target.ts";
import { IDENTITY } from "../../../support/sample.ts";

function message(headers: Record<string, unknown>, queue = "failed"): Received {
  return { queue, id: "d-1", body: Buffer.from("{}"), headers, crashes: 0 };
}

describe("dead letters", () => {
  it("A dead letter is read with everything in its headers", () => {
    const origin = { bus: "orders", rule: "big", target: "process" };
    const death = { origin, target: { kind: "function", name: "f" }, reason: "timeout", message: "slow", retries: 2 };
    const headers = {
      ...deadLetterHeaders(IDENTITY, death as Parameters<typeof deadLetterHeaders>[1]),
      "busbar-destination": "function/f",
      "busbar-bus": "orders",
      "busbar-rule": "big",
      "busbar-target": "process",
      "busbar-attempt": 3,
      "busbar-first-at": 1_000,
      "busbar-redriven": 4,
    };
    assert.deepEqual(readDeadLetter(message(headers)), {
      id: "d-1",
      atMs: 1_000,
      origin,
      destination: "function/f",
      errorCode: "TIMEOUT",
      errorMessage: "slow",
      attempts: 3,
      redriven: 4,
    });
  });

  for (const kind of ["function", "api-destination", "queue", "event-bus"] as const) {
    it(`A dead letter that was never delivered names the ${kind} of its target`, () => {
      const target: TargetRef = { kind, name: "x.y-z" };
      const origin = { bus: "default", rule: "r", target: "t" };
      const headers = deadLetterHeaders(IDENTITY, { origin, target, reason: "loop", message: "", retries: 0 });
      assert.equal(readDeadLetter(message(headers))?.destination, `${kind}/x.y-z`);
    });
  }

  it("A dead letter of a function without a rule has Lambda's headers", () => {
    const failure = { reason: "server_error", message: "busy", statusCode: 503 } as const;
    const letter = readDeadLetter(message(functionDeadLetterHeaders("d-1", failure)));
    assert.deepEqual([letter?.errorCode, letter?.errorMessage, letter?.attempts], ["ERROR_FROM_TARGET", "busy", 0]);
    const lambdas = readDeadLetter(message({ RequestID: "d-1", ErrorCode: 503, ErrorMessage: "busy" }));
    assert.equal(lambdas?.errorCode, "503");
  });

  it("A message with neither form of headers is no dead letter", () => {
    for (const headers of [{}, { "busbar-rule": "r" }, { ERROR_CODE: 1 }, { RequestID: "x" }, { ErrorCode: 200 }]) {
      assert.equal(readDeadLetter(message(headers)), undefined);
    }
  });

  it("A parked message is parked, whoever parked it", () => {
    const ours = { "busbar-parked-reason": "crashed", "busbar-parked-problem": "died", "busbar-parked-from": "q" };
    const theirs = { "x-first-death-queue": "q", "x-first-death-reason": "delivery_limit" };
    const read = [ours, theirs, {}].map((headers) => readDeadLetter(message(headers, "busbar.parked")));
    assert.deepEqual(
      read.map((letter) => [letter?.errorCode, letter?.errorMessage]),
      [
        ["crashed", "died (from q)"],
        ["delivery_limit", "it came back too often (from q)"],
        ["unknown", "it came back too often"],
      ],
    );
  });

  it("A dead letter counts its redrives and keeps when its event was accepted", () => {
    const first = message({ ERROR_CODE: "TIMEOUT", "busbar-first-at": 5 });
    assert.deepEqual(redrivenHeaders(readDeadLetter(first)!, first), { "busbar-redriven": 1, "busbar-accepted-at": 5 });
    const headers = { ERROR_CODE: "TIMEOUT", "busbar-first-at": 9, "busbar-redriven": 1, "busbar-accepted-at": 5 };
    const second = message(headers);
    const again = { "busbar-redriven": 2, "busbar-accepted-at": 5 };
    assert.deepEqual(redrivenHeaders(readDeadLetter(second)!, second), again);
  });
});

describe("filters of dead letters", () => {
  const letter: DeadLetter = {
    id: "d-1",
    atMs: 1_000,
    origin: { bus: "default", rule: "big", target: "process" },
    destination: "function/f",
    errorCode: "TIMEOUT",
    errorMessage: "",
    attempts: 1,
    redriven: 0,
  };
  const { atMs: _atMs, origin: _origin, ...bare } = letter;
  const redriven = { ...letter, redriven: 1 };

  const cases: readonly (readonly [string, DeadLetterFilter, DeadLetter, boolean])[] = [
    ["nothing at all", {}, letter, true],
    ["its id", { id: "d-1" }, letter, true],
    ["another id", { id: "d-2" }, letter, false],
    ["its rule on the default bus", { rule: "big" }, letter, true],
    ["its rule with the bus", { rule: "default/big" }, letter, true],
    ["a rule of the same name on another bus", { rule: "orders/big" }, letter, false],
    ["a rule, of one that has none", { rule: "big" }, bare, false],
    ["its target's id", { target: "process" }, letter, true],
    ["what its target points at", { target: "function/f" }, letter, true],
    ["another target", { target: "f" }, letter, false],
    ["its error code", { errorCode: "TIMEOUT" }, letter, true],
    ["another error code", { errorCode: "THROTTLING" }, letter, false],
    ["its own time as the latest", { beforeMs: 1_000 }, letter, true],
    ["an earlier time as the latest", { beforeMs: 999 }, letter, false],
    ["its own time as the earliest", { afterMs: 1_000 }, letter, true],
    ["a later time as the earliest", { afterMs: 1_001 }, letter, false],
    ["a time, of one that tells none", { afterMs: 0 }, bare, false],
    ["not redriven since, of one that never was", { notRedrivenSinceMs: 0 }, letter, true],
    ["not redriven since, of one that was before", { notRedrivenSinceMs: 1_001 }, redriven, true],
    ["not redriven since, of one that was then", { notRedrivenSinceMs: 1_000 }, redriven, false],
    ["all that fits and one thing that does not", { rule: "big", target: "process", id: "x" }, letter, false],
  ];
  for (const [title, filter, each, expected] of cases) {
    it(`A filter ${expected ? "selects" : "leaves"} a dead letter by ${title}`, () => {
      assert.equal(selects(filter, each), expected);
    });
  }
});
