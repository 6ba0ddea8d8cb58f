import type { Json } from "../../json/json.ts";
import { isJsonObject } from "../../json/json.ts";
import { markedJson } from "../../json/marked-json.ts";
import type { TestResult } from "../../ports/admin/function-tests.ts";

/** What the router that has a test in hand sends to the one that waits. `id` is the delivery's, and nobody else knows it. */
export type TestMessage =
  | { readonly type: "began"; readonly id: string }
  | { readonly type: "ended"; readonly id: string; readonly result: TestResult };

const layout = markedJson("busbar-function-test/1");

export function encodeTestMessage(message: TestMessage): Buffer {
  return layout.encode(message);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeTestMessage(bytes: Buffer): TestMessage | undefined {
  const message = layout.decode(bytes);
  if (!isJsonObject(message) || typeof message["id"] !== "string") return undefined;
  const { type, id } = message;
  if (type === "began") return { type, id };
  const result = type === "ended" ? resultIn(message["result"]) : undefined;
  return result && { type: "ended", id, result };
}

/** It is of a router, and what it says besides is not checked. */
function resultIn(json: Json | undefined): TestResult | undefined {
  if (!isJsonObject(json) || typeof json["outcome"] !== "string" || typeof json["invoked"] !== "boolean")
    return undefined;
  return Array.isArray(json["output"]) ? (json as unknown as TestResult) : undefined;
}
