import { ruleArn } from "../../../../../domain/arn.ts";
import type { MadeTarget } from "../../../../../domain/made/made.ts";
import { list, required, structure } from "../../../input/shapes.ts";
import { boolean } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { busNamedBy } from "../event-buses.ts";
import { BUS_NAME_OR_ARN, RULE_NAME } from "../names.ts";
import type { Changing } from "./change.ts";
import { busKeyOf, foundRule, makeChange, replace, requireBus, requireOwnRule, ruleKeyOf, tooMany } from "./change.ts";
import { checkedTarget, TARGET_SHAPE } from "./target-checks.ts";

/** Of one rule. */
const TARGETS_MAX = 5;
/** In one request. */
const ENTRIES = { lengthMin: 1, lengthMax: 100 };

const NONE_FAILED = { FailedEntryCount: 0, FailedEntries: [] };

/** PutTargets: all of them or none. A target whose id the rule has is replaced whole. */
export function putTargets(changing: Changing): Operation {
  const { identity } = changing;
  return operation({
    input: structure("PutTargetsRequest", {
      Rule: required(RULE_NAME),
      EventBusName: BUS_NAME_OR_ARN,
      Targets: required(list(TARGET_SHAPE, ENTRIES)),
    }),
    resource: ({ Rule, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Rule),
    handle: async ({ Rule, EventBusName, Targets }) => {
      const given = Targets.map((target) => checkedTarget(changing, target));
      await changeTargets("PutTargets", changing, { Rule, EventBusName }, (before) => {
        const targets = new Map([...before, ...given].map((target) => [target.Id, target]));
        if (targets.size > TARGETS_MAX) throw tooMany();
        return [...targets.values()].sort((one, other) => (one.Id < other.Id ? -1 : 1));
      });
      return NONE_FAILED;
    },
  });
}

/** RemoveTargets: an id that the rule has not is removed, too. */
export function removeTargets(changing: Changing): Operation {
  const { identity } = changing;
  return operation({
    input: structure("RemoveTargetsRequest", {
      Rule: required(RULE_NAME),
      EventBusName: BUS_NAME_OR_ARN,
      Ids: required(list(RULE_NAME, ENTRIES)),
      Force: boolean,
    }),
    resource: ({ Rule, EventBusName }) => ruleArn(identity, busNamedBy(identity, EventBusName), Rule),
    handle: async ({ Rule, EventBusName, Ids }) => {
      await changeTargets("RemoveTargets", changing, { Rule, EventBusName }, (before) =>
        before.filter(({ Id }) => !Ids.includes(Id)),
      );
      return NONE_FAILED;
    },
  });
}

async function changeTargets(
  name: string,
  changing: Changing,
  { Rule, EventBusName }: { readonly Rule: string; readonly EventBusName: string | null | undefined },
  change: (before: readonly MadeTarget[]) => MadeTarget[],
): Promise<void> {
  const { config, identity } = changing;
  const bus = busNamedBy(identity, EventBusName);
  const key = ruleKeyOf(bus, Rule);
  await makeChange(name, changing, [key, busKeyOf(bus)], ([found, foundBus]) => {
    requireBus(config(), bus, foundBus);
    requireOwnRule(config(), bus, Rule);
    const rule = foundRule(bus, Rule, found);
    return replace(key, found, { ...rule, targets: change(rule.targets) });
  });
}
