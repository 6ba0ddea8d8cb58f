import type { Facts, Scenario } from "./scenario.ts";

/** A scenario's facts, or why it could not be played. */
export type Result = { readonly scenario: Scenario; readonly rabbitMqVersion: string } & (
  { readonly facts: Facts } | { readonly error: unknown }
);

const COLUMNS = [
  "accepted",
  "delivered",
  "deadLettered",
  "lost",
  "duplicates",
  "recoverySeconds",
  "memoryMiB",
] as const;
const NAME_WIDTH = 22;

export function isGood(result: Result): boolean {
  return "facts" in result && result.facts.lost === 0 && result.facts.wrong === 0 && result.facts.accepted > 0;
}

/** One object on one line: the columns of the table and what else is known. */
export function jsonLine(result: Result): string {
  const { scenario, rabbitMqVersion } = result;
  const head = { scenario: scenario.name, rabbitmq: rabbitMqVersion };
  return JSON.stringify("facts" in result ? { ...head, ...result.facts } : { ...head, error: String(result.error) });
}

export function tableHead(): string {
  return "scenario".padEnd(NAME_WIDTH) + COLUMNS.map((column) => column.padStart(column.length + 2)).join("");
}

export function tableRow(result: Result): string {
  const name = result.scenario.name.padEnd(NAME_WIDTH);
  if (!("facts" in result)) return `${name}  could not be played: ${String(result.error)}`;
  const { facts } = result;
  const cells = COLUMNS.map((column) => String(facts[column]).padStart(column.length + 2));
  const more = [...(facts.wrong > 0 ? [`${facts.wrong} wrong ends`] : []), ...facts.examples, ...(facts.notes ?? [])];
  return [name + cells.join(""), ...more.map((line) => `    ${line}`)].join("\n");
}
