import type { QueueMessage } from "../../admin-api/queues/queues.ts";
import { parseExactly } from "../../json/exact-json.ts";
import { inOneLine } from "./escape.ts";

/** Headers by which routers keep count, which nobody looks for. `--json` shows them all. */
const BOOKKEEPING = /^(busbar-(attempt|counted-retries|first-at|hops|suspicions|gone-since)|traceparent|x-)/;

/** `1 rule`, `2 rules`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `2026-11-30T09:14:02Z`, and `-` for a time that is not known. */
export function utcText(epochMs: number | undefined): string {
  return epochMs === undefined ? "-" : `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Columns as wide as their widest cell, two spaces apart. A column of numbers is flush right, its heading too. */
export function formatTable(head: readonly string[], cells: readonly (readonly (string | number)[])[]): string {
  const rows = cells.map((row) => row.map((cell) => (typeof cell === "number" ? cell : inOneLine(cell))));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => String(row[column]).length)));
  const numeric = head.map((_, column) => rows.every((row) => typeof row[column] === "number"));
  return [head, ...rows]
    .map((row) =>
      row.map((cell, column) => {
        const width = widths[column] ?? 0;
        return numeric[column] ? String(cell).padStart(width) : String(cell).padEnd(width);
      }),
    )
    .map((columns) => `${columns.join("  ").trimEnd()}\n`)
    .join("");
}

/** Names and their values, a line each. */
export function formatFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${inOneLine(value)}\n`).join("");
}

/** A message for people: its id, the headers about its origin and its failure, its body. */
export function formatMessage({ id, headers, body }: QueueMessage): string {
  const shown = Object.entries(headers).filter(([name]) => !BOOKKEEPING.test(name));
  const lines: readonly (readonly [string, string])[] = [
    ["id", id],
    ...shown.map(
      ([name, value]) => [inOneLine(name), typeof value === "string" ? value : JSON.stringify(value)] as const,
    ),
  ];
  return `${formatFields(lines)}${indentedJson(body)}\n`;
}

/**
 * JSON with a line for each member, and its numbers as they were written. Any other text in one line: with more lines it
 * could pass for another message.
 */
function indentedJson(text: string): string {
  try {
    return JSON.stringify(parseExactly(text), null, 2);
  } catch {
    return inOneLine(text);
  }
}
