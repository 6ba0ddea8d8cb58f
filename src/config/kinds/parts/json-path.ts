import { z } from "zod";
import { parsePath } from "../../../json/json-path.ts";
import { addIssue } from "./fields.ts";

/** A JSON path, as `inputPath` has it. */
export function jsonPath(description: string) {
  return z
    .string()
    .superRefine((value, issues) => {
      const parsed = parsePath(value);
      if (!parsed.ok) addIssue(issues, parsed.reason, { quotesValue: true });
    })
    .describe(description);
}
