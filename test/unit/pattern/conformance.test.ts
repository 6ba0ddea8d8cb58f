import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { isJsonObject, type Json } from "../../../src/json/json.ts";
import { parsePattern } from "../../../src/pattern/parse/parse.ts";
import { fitsPlainly } from "../../support/pattern-cases.ts";

interface Case {
  name: string;
  pattern: string;
  event: string;
  expect: "match" | "no match" | "pattern error" | "event error";
  reason?: string;
}

const fixture = new URL("../../fixtures/pattern-semantics.json", import.meta.url);
const cases = JSON.parse(readFileSync(fixture, "utf8")) as Case[];

describe("The pattern language does what EventBridge was seen to do", () => {
  for (const { name, pattern, event, expect, reason } of cases) {
    it(`${name}: ${pattern} on ${event}`, () => {
      const parsed = parsePattern(pattern);
      if (!parsed.ok) {
        assert.equal("pattern error", expect, parsed.reason);
        // The one open bracket stands where the recorded text was cut: a place in the pattern follows.
        if (reason?.endsWith("(start marker")) assert.ok(parsed.reason.startsWith(`${reason} at [Source: `));
        else assert.equal(parsed.reason, reason);
        return;
      }
      const value = readEvent(event);
      const result = isJsonObject(value) ? (fitsPlainly(parsed.pattern, value) ? "match" : "no match") : "event error";
      assert.equal(result, expect);
    });
  }
});

function readEvent(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
