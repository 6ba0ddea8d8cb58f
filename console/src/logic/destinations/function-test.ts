import type { FunctionTestAnswer } from "../../../../src/admin-api/destinations/function-tests.ts";
import { durationText } from "../text/times.ts";
import { reasonText, type Tone } from "../text/words.ts";

/** What stands in the payload's field at first, by what it is like. */
export const PAYLOAD_TEMPLATES: Readonly<Record<string, string>> = {
  "an event": JSON.stringify(
    {
      version: "0",
      id: "00000000-0000-4000-8000-000000000000",
      "detail-type": "OrderPlaced",
      source: "shop.checkout",
      account: "000000000000",
      time: "2026-01-02T03:04:05Z",
      region: "us-east-1",
      resources: [],
      detail: { orderId: "o-1", total: 120 },
    },
    undefined,
    2,
  ),
  "a detail": JSON.stringify({ orderId: "o-1", total: 120 }, undefined, 2),
  nothing: "{}",
};

/** What is wrong with a payload, or undefined. */
export function problemOfPayload(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `The payload is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What came of a test, in a word and a sentence. */
export function testWords(answer: Omit<FunctionTestAnswer, "output">): { tone: Tone; word: string; sentence: string } {
  const { outcome, callMs, statusCode, message = "", invoked } = answer;
  const took = callMs === undefined ? "" : ` in ${durationText(callMs)}`;
  const status = statusCode === undefined ? "" : ` with ${statusCode}`;
  const code = statusCode === undefined ? "" : ` (${statusCode})`;
  switch (outcome) {
    case "success":
      return { tone: "good", word: "succeeded", sentence: `The function answered${status}${took}.` };
    case "not_taken":
      return { tone: "idle", word: "not called", sentence: `${capitalized(message)}. It is not called later.` };
    case "unknown":
      return { tone: "warn", word: "unknown", sentence: `${capitalized(message)}.` };
    default:
      return {
        tone: "bad",
        word: "failed",
        sentence: `${capitalized(reasonText(outcome))}${invoked ? `${code}${took}` : ", so it was not called"}: ${message}`,
      };
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
