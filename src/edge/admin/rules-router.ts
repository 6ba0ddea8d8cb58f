import { Router } from "express";
import type { RuleListAnswer } from "../../admin-api/rules.ts";
import { ruleListParameters } from "../../admin-api/rules.ts";
import type { Config } from "../../domain/config.ts";
import type { Rule } from "../../domain/rule/rule.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import { answerJson } from "../http/answer.ts";
import type { May } from "./request.ts";
import { parametersOf } from "./request.ts";

export interface RulesOptions {
  readonly config: () => Config;
  readonly may: May;
}

/** The rules in force, in the order of their `bus/name`, a page at a time. */
export function rulesRouter({ config, may }: RulesOptions): Router {
  const router = Router();
  router.get("/", may("busbar:ListRules"), (request, response) => {
    const { bus, destination, rule: name, limit, after = "" } = parametersOf(request, ruleListParameters);
    const inForce = config();
    const { rules } = inForce;
    const page: Rule[] = [];
    for (const key of sortedKeys(inForce)) {
      const rule = key > after ? rules.get(key) : undefined;
      if (rule === undefined || (bus !== undefined && rule.bus !== bus)) continue;
      if (name !== undefined && rule.name !== name) continue;
      if (destination !== undefined && !rule.targets.some(({ to }) => `${to.kind}/${to.name}` === destination))
        continue;
      // One more than the page has says that there is another.
      if (page.push(rule) > limit) break;
    }
    const shown = page.slice(0, limit);
    const last = page.length > limit ? shown.at(-1) : undefined;
    const next = last === undefined ? {} : { next: ruleKey(last.bus, last.name) };
    answerJson(response, 200, { rules: shown.map(described), ...next } satisfies RuleListAnswer);
  });
  return router;
}

const SORTED = new WeakMap<Config, readonly string[]>();

/** Sorted once for each configuration: of 100,000 rules that takes a tenth of a second. */
function sortedKeys(config: Config): readonly string[] {
  const known = SORTED.get(config);
  if (known !== undefined) return known;
  const keys = [...config.rules.keys()].sort();
  SORTED.set(config, keys);
  return keys;
}

function described(rule: Rule): RuleListAnswer["rules"][number] {
  const { bus, name, description, state, patternJson, conditions, targets } = rule;
  return {
    bus,
    name,
    ...(description === undefined ? {} : { description }),
    state,
    eventPattern: patternJson,
    hasConditions: conditions !== undefined,
    targets: targets.map(({ id, to, input, deadLetterQueue }) => ({
      id,
      ...to,
      input: input.kind,
      ...(deadLetterQueue === undefined ? {} : { deadLetterQueue }),
    })),
  };
}
