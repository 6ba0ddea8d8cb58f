import type { Cron } from "./cron.ts";
import { parseCron } from "./cron.ts";

/** A schedule expression, read. */
export type ScheduleExpression =
  | { readonly kind: "rate"; readonly everyMs: number }
  | { readonly kind: "cron"; readonly cron: Cron }
  /** A local time, written as if it were UTC, in epoch milliseconds. */
  | { readonly kind: "at"; readonly localMs: number };

/** Whose rules an expression follows: those of PutRule's `ScheduleExpression`, or of EventBridge Scheduler. */
export type ScheduleDialect = "rule" | "scheduler";

export type ExpressionRead =
  { readonly ok: true; readonly expression: ScheduleExpression } | { readonly ok: false; readonly reason: string };

const EXPRESSION_CHARACTERS_MAX = 256;

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

const FORMS: Readonly<Record<ScheduleDialect, string>> = {
  rule: "must be rate(VALUE UNIT) or cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)",
  scheduler:
    "must be rate(VALUE UNIT), cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR) or at(YYYY-MM-DDThh:mm:ss)",
};

/**
 * Reads a schedule expression as EventBridge does, letter for letter (user guide, "Setting a schedule pattern for
 * scheduled rules" and "Schedule types in EventBridge Scheduler"). Takes linear time.
 */
export function parseScheduleExpression(text: string, dialect: ScheduleDialect): ExpressionRead {
  if (text.length > EXPRESSION_CHARACTERS_MAX) {
    return { ok: false, reason: `must have at most ${EXPRESSION_CHARACTERS_MAX} characters` };
  }
  const [, form, inside = ""] = /^(rate|cron|at)\(([^()]*)\)$/.exec(text) ?? [];
  if (form === "rate") return parseRate(inside, dialect);
  if (form === "cron") {
    const read = parseCron(inside);
    return read.ok ? { ok: true, expression: { kind: "cron", cron: read.cron } } : read;
  }
  if (form === "at" && dialect === "scheduler") return parseAt(inside);
  return { ok: false, reason: FORMS[dialect] };
}

/** A rule's unit is singular for 1 and plural for more; Scheduler takes either. */
function parseRate(inside: string, dialect: ScheduleDialect): ExpressionRead {
  const [, digits = "", unit = "", plural = ""] = /^(\d{1,9}) (minute|hour|day)(s?)$/.exec(inside) ?? [];
  const value = Number(digits);
  if (unit === "" || value < 1) {
    return {
      ok: false,
      reason: "must be rate(VALUE UNIT), with a whole number of 1 or more and minutes, hours or days",
    };
  }
  if (dialect === "rule" && (value === 1) !== (plural === "")) {
    return { ok: false, reason: `must say ${value === 1 ? unit : `${unit}s`} after ${value}` };
  }
  return { ok: true, expression: { kind: "rate", everyMs: value * UNIT_MS[unit as keyof typeof UNIT_MS] } };
}

function parseAt(inside: string): ExpressionRead {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(inside);
  const localMs = isTime ? Date.parse(`${inside}Z`) : NaN;
  // `Date.parse` takes February 30 for March 2.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString().slice(0, 19) !== inside) {
    return {
      ok: false,
      reason: "must be at(YYYY-MM-DDThh:mm:ss), a time without an offset",
    };
  }
  return { ok: true, expression: { kind: "at", localMs } };
}
