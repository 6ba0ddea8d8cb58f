import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deadLetterHeaders, functionDeadLetterHeaders } from "../../../../src/domain/failure/dead-letter.ts";

const identity = { accountId: "000000000000", region: "us-east-1" };
const death = {
  origin: { bus: "default", rule: "r", target: "t" },
  target: { kind: "function", name: "f" },
  reason: "function_error",
  retries: 0,
} as const;

function messagesOf(message: string): readonly unknown[] {
  return [
    deadLetterHeaders(identity, { ...death, message })["ERROR_MESSAGE"],
    functionDeadLetterHeaders("id", { reason: "timeout", message })["ErrorMessage"],
  ];
}

describe("error messages of dead letters", () => {
  it("A dead letter's error message is whole up to 1 KB", () => {
    const message = "x".repeat(1_024);
    assert.deepEqual(messagesOf(message), [message, message]);
  });

  it("A longer error message of a dead letter is cut to its first 1 KB, in whole characters", () => {
    const cut = "x".repeat(1_022);
    assert.deepEqual(messagesOf(`${cut}€${"y".repeat(300_000)}`), [cut, cut]);
    assert.deepEqual(messagesOf(`${cut}é!`), [`${cut}é`, `${cut}é`]);
  });
});

describe("a function's own dead letter", () => {
  it("The ErrorCode of a dead letter is the status that the function answered with, and 200 when it answered none", () => {
    const codeOf = (failure: Parameters<typeof functionDeadLetterHeaders>[1]): unknown =>
      functionDeadLetterHeaders("id", failure)["ErrorCode"];
    assert.equal(codeOf({ reason: "server_error", message: "busy", statusCode: 503 }), 503);
    assert.equal(codeOf({ reason: "timeout", message: "slow" }), 200);
  });
});
