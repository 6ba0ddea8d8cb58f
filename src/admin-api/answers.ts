import { z } from "zod";

/** The header by which a router says its version to a caller that it has let in. */
export const VERSION_HEADER = "busbar-version";

/** The content type of a run's answer: JSON lines, each with how far the run is, the last one with its result. */
export const LINES_CONTENT_TYPE = "application/x-ndjson";

export type AnswerRead<Answer> =
  { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly problem: string };

/**
 * Checks an answer's body against its schema. The answer keeps fields that only later versions know. The problem
 * names the first field that does not fit: `queues[0].ready: expected number, received undefined`.
 */
export function readAnswer<Answer>(schema: z.ZodType<Answer>, body: unknown): AnswerRead<Answer> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, answer: body as Answer };
  const [issue] = parsed.error.issues;
  return { ok: false, problem: issue === undefined ? "it does not fit" : problemOf(issue) };
}

/** Where none of several forms fits, the first of them is the usual one. */
function problemOf(issue: z.core.$ZodIssue, path: readonly PropertyKey[] = issue.path): string {
  const inner = issue.code === "invalid_union" ? issue.errors[0]?.[0] : undefined;
  if (inner !== undefined) return problemOf(inner, [...path, ...inner.path]);
  return `${z.core.toDotPath(path)}: ${issue.message.replace("Invalid input: ", "")}`;
}
