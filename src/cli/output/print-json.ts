import { printText } from "./output.ts";

/** What `--json` prints. */
export function printJson(value: unknown): void {
  printText(`${JSON.stringify(value, null, 2)}\n`);
}
