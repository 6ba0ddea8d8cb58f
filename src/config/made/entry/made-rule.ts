import type { Identity } from "../../../domain/arn.ts";
import { targetOfArn } from "../../../domain/arn.ts";
import type { Destinations } from "../../../domain/config.ts";
import { hasDestination } from "../../../domain/config.ts";
import type { MadeRule } from "../../../domain/made/made.ts";
import type { Rule, RuleSchedule } from "../../../domain/rule/rule.ts";
import { tryParseExactly } from "../../../json/exact-json.ts";
import type { Target } from "../../../domain/target/target.ts";
import { KINDS } from "../../kinds/kinds.ts";
import { ANY_NAMES } from "./any-names.ts";
import { deadLetterQueueOf, ruleEntry } from "./made-entry.ts";

const SCHEMA = KINDS.rules.schema(ANY_NAMES);

/**
 * Compiles a rule that was put over the API, by the schema that files are read by. Its rate counts from its creation.
 *
 * @returns undefined when it is wrong by that: a router of another version wrote it.
 */
export function compileMadeRule(
  key: string,
  made: MadeRule,
  createdAtMs: number,
  identity: Identity,
): Rule | undefined {
  if (made.eventPattern !== undefined && tryParseExactly(made.eventPattern) === undefined) return undefined;
  const checked = SCHEMA.safeParse(ruleEntry(key, made, identity).raw);
  if (!checked.success) return undefined;
  const rule = KINDS.rules.make(key, checked.data);
  const compiled = new Map(rule.targets.map((target) => [target.id, target]));
  const targets = made.targets.map((target): Target => {
    const known = compiled.get(target.Id);
    if (known !== undefined) return known;
    const deadLetterQueue = deadLetterQueueOf(target, identity);
    return {
      id: target.Id,
      to: targetOfArn(identity, target.Arn),
      input: { kind: "event" },
      ...(deadLetterQueue === undefined ? {} : { deadLetterQueue }),
    };
  });
  return {
    ...rule,
    ...(made.eventPattern === undefined ? {} : { patternJson: made.eventPattern }),
    ...(rule.schedule === undefined ? {} : { schedule: countedFrom(createdAtMs, rule.schedule) }),
    targets,
  };
}

/** A rate is due for the first time when it has passed once ("Schedule pattern", EventBridge user guide). */
function countedFrom(createdAtMs: number, { expression, timing }: RuleSchedule): RuleSchedule {
  const { expression: read } = timing;
  return read.kind === "rate"
    ? { expression, timing: { ...timing, startMs: createdAtMs + read.everyMs } }
    : { expression, timing };
}

/** The rule with its targets as they are where there are these destinations. */
export function withDestinations(rule: Rule, there: Destinations): Rule {
  const targets = rule.targets.map((target): Target => {
    const { deadLetterQueue, ...rest } = target;
    const letters = deadLetterQueue !== undefined && there.queues.has(deadLetterQueue) ? { deadLetterQueue } : {};
    return { ...rest, ...letters, ...(hasDestination(there, target.to) ? {} : { isGone: true }) };
  });
  return { ...rule, targets };
}
