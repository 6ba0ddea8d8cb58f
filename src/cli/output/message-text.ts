import { parseExactly } from "../../json/exact-json.ts";
import type { QueueMessage } from "../../admin-api/queues.ts";
import { inOneLine } from "./output.ts";

/** Headers by which routers keep count; nobody looks for them. `--json` shows them all. */
const BOOKKEEPING = /^(busbar-(attempt|counted-retries|first-at|hops|suspicions|gone-since)|traceparent|x-)/;

/** A message for people: its id, the headers that say where it came from and what happened to it, its body. */
export function formatMessage({ id, headers, body }: QueueMessage): string {
  const shown = Object.entries(headers).filter(([name]) => !BOOKKEEPING.test(name));
  const lines: readonly (readonly [string, string])[] = [
    ["id", id],
    ...shown.map(
      ([name, value]) => [inOneLine(name), typeof value === "string" ? value : JSON.stringify(value)] as const,
    ),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const head = lines.map(([name, value]) => `${name.padEnd(width)}  ${inOneLine(value)}`).join("\n");
  return `${head}\n${indentedJson(body)}\n`;
}

/**
 * JSON with a line for each member and its numbers as they were written; a text that is not JSON as it is, in one line, since
 * more of them could pass for another message.
 */
function indentedJson(text: string): string {
  try {
    return JSON.stringify(parseExactly(text), null, 2);
  } catch {
    return inOneLine(text);
  }
}
