import { z } from "zod";
import type { ScheduleDialect, ScheduleExpression } from "../../../domain/schedule/expression.ts";
import { parseScheduleExpression } from "../../../domain/schedule/expression.ts";
import { addIssue } from "./fields.ts";

/** A schedule expression as a file has it, and what it says. */
export interface GivenExpression {
  readonly text: string;
  readonly expression: ScheduleExpression;
}

/** When something is due, in the words of EventBridge's rules or of EventBridge Scheduler. */
export function scheduleExpression(dialect: ScheduleDialect, about: string) {
  return z
    .string()
    .transform((text, issues): GivenExpression => {
      const read = parseScheduleExpression(text, dialect);
      if (read.ok) return { text, expression: read.expression };
      addIssue(issues, read.reason, { quotesValue: true });
      return z.NEVER;
    })
    .meta({ description: about });
}
