import { readFileSync } from "node:fs";

/** A fenced block of a page: what stands behind the three backticks, and what stands in it. */
export interface Block {
  readonly info: string;
  readonly text: string;
}

/** A page of docs/, or another file of the checkout when the name begins with `../`. */
export function readPage(page: string): string {
  return readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  return [...readPage(page).matchAll(/^```(.+)\n([^]*?)^```$/gm)].map(([, info = "", text = ""]) => ({ info, text }));
}

/** What stands below a heading, up to the next heading of the same level or a higher one. */
export function sectionOf(page: string, heading: string): string {
  const level = /^#+/.exec(heading)?.[0].length ?? 0;
  const lines = readPage(page).split("\n");
  const start = lines.indexOf(heading);
  if (start === -1) throw new Error(`${page} has no heading "${heading}"`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return rest.slice(0, end === -1 ? undefined : end).join("\n");
}

/** The rows of all tables in a text, without their headings, cell by cell. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  const isRule = (line: string | undefined): boolean => line !== undefined && /^[|\s:-]+$/.test(line);
  const rows = lines.filter((line, index) => !isRule(line) && !isRule(lines[index + 1]));
  return rows.map((line) =>
    line
      .slice(1, line.lastIndexOf("|"))
      .split("|")
      .map((cell) => cell.trim()),
  );
}

/** What a text has in backticks. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
