import { z } from "zod";
import { isJsonObject } from "../../../json/json.ts";
import { parsePattern } from "../../../pattern/parse/parse.ts";
import type { Pattern } from "../../../pattern/pattern.ts";
import { addIssue } from "./fields.ts";

/** An event pattern as a mapping, with its JSON text. */
export function eventPattern(description: string) {
  return z
    .unknown()
    .transform((value, issues): { pattern: Pattern; patternJson: string } => {
      // zod asks even where there is none, and then does not use the answer.
      if (value === undefined) return z.NEVER;
      if (!isJsonObject(value)) {
        addIssue(issues, "must be a mapping");
        return z.NEVER;
      }
      const patternJson = JSON.stringify(value);
      const parsed = parsePattern(patternJson);
      if (parsed.ok) return { pattern: parsed.pattern, patternJson };
      addIssue(issues, `is not valid. Reason: ${parsed.reason}`, { quotesValue: true });
      return z.NEVER;
    })
    .meta({ description, type: "object" });
}
