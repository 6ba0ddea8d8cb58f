import { inOneLine } from "./output.ts";

/** Columns as wide as their widest cell, two spaces apart. Numbers are set flush right, as is what heads them. */
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
