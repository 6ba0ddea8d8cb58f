import { z } from "zod";
import type { Condition, ConditionKey } from "../../domain/access/access.ts";
import { CONDITION_OPERATORS } from "../../domain/access/access.ts";
import { addIssue } from "../kinds/parts/fields.ts";

/** How many statements a policy may have, and how many texts a part of one. */
export const STATEMENTS_MAX = 100;

/** One text, or several, as IAM has it. No union: that would say of either only that it is not valid. */
export function oneOrMore(item: z.ZodType<string>) {
  return z.unknown().transform((value, context): readonly string[] => {
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.length === 0 || texts.length > STATEMENTS_MAX) {
      addIssue(context, `must be a text, or a list of 1 to ${STATEMENTS_MAX} texts`);
    }
    for (const [index, text] of texts.entries()) {
      const path = Array.isArray(value) ? [index] : [];
      if (typeof text !== "string") addIssue(context, "must be a text", { path });
      else for (const issue of item.safeParse(text).error?.issues ?? []) pass(issue, path, context);
    }
    return texts as readonly string[];
  });
}

function pass(issue: z.core.$ZodIssue, path: readonly number[], context: Parameters<typeof addIssue>[0]): void {
  const notes = issue.code === "custom" ? issue.params : {};
  addIssue(context, issue.message, { path, ...notes });
}

/** A resource of a statement. */
export const statementResource = z
  .string()
  .max(2_048)
  .regex(/^(\*|arn:.+)$/, { error: "must be * or begin with arn:" });

/** The condition of a statement, on some keys. All that it says must hold. */
export function statementCondition(keys: readonly ConditionKey[]) {
  return z
    .partialRecord(z.enum(CONDITION_OPERATORS), z.partialRecord(z.enum(keys), oneOrMore(z.string().max(256))))
    .transform((byOperator): readonly Condition[] =>
      Object.entries(byOperator).flatMap(([operator, byKey]) =>
        Object.entries(byKey).map(([key, values]) => ({ operator, key, values }) as Condition),
      ),
    );
}
