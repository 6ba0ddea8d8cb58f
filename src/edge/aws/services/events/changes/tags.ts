import type { Identity } from "../../../../../domain/arn.ts";
import { eventBusArn, ruleArn } from "../../../../../domain/arn.ts";
import type { Tag } from "../../../../../domain/made/made.ts";
import { ruleKey, splitRuleKey } from "../../../../../domain/rule/rule.ts";
import { commonError } from "../../../errors.ts";
import { list, required, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { TAG_KEY, tagsWithout } from "../../tag-list.ts";
import { TARGET_ARN } from "../names.ts";
import { foundBus } from "./bus-changes.ts";
import type { Changing } from "./change.ts";
import {
  busKeyOf,
  foundRule,
  makeChange,
  noSuchBus,
  noSuchRule,
  replace,
  requireBus,
  requireNoFileBus,
  requireOwnRule,
  ruleKeyOf,
} from "./change.ts";
import { TAGS, withTags } from "./given-tags.ts";

/** What has tags: a bus, or a rule of one. */
interface Tagged {
  readonly bus: string;
  readonly rule: string | undefined;
}

/** TagResource. */
export function tagResource(changing: Changing): Operation {
  return operation({
    input: structure("TagResourceRequest", { ResourceARN: required(TARGET_ARN), Tags: required(TAGS) }),
    resource: ({ ResourceARN }) => ResourceARN,
    handle: async ({ ResourceARN, Tags }) => {
      await changeTags("TagResource", changing, ResourceARN, (before) => withTags(before, Tags));
      return {};
    },
  });
}

/** UntagResource: a key that is not there is removed, too. */
export function untagResource(changing: Changing): Operation {
  const keys = list(TAG_KEY);
  return operation({
    input: structure("UntagResourceRequest", { ResourceARN: required(TARGET_ARN), TagKeys: required(keys) }),
    resource: ({ ResourceARN }) => ResourceARN,
    handle: async ({ ResourceARN, TagKeys }) => {
      await changeTags("UntagResource", changing, ResourceARN, tagsWithout(TagKeys));
      return {};
    },
  });
}

/** ListTagsForResource: in the order in which they were given. What a file has, has none. */
export function listTagsForResource({ config, identity }: Changing): Operation {
  return operation({
    input: structure("ListTagsForResourceRequest", { ResourceARN: required(TARGET_ARN) }),
    resource: ({ ResourceARN }) => ResourceARN,
    handle: ({ ResourceARN }) => {
      const { bus, rule } = taggedBy(identity, ResourceARN);
      const { eventBuses, rules, made } = config();
      if (!eventBuses.has(bus)) throw noSuchBus(bus);
      if (rule === undefined) return { Tags: made?.buses.get(bus)?.tags ?? [] };
      const key = ruleKey(bus, rule);
      if (!rules.has(key)) throw noSuchRule(bus, rule);
      return { Tags: made?.rules.get(key)?.tags ?? [] };
    },
  });
}

async function changeTags(
  name: string,
  changing: Changing,
  arn: string,
  change: (before: readonly Tag[]) => Tag[],
): Promise<void> {
  const { config, identity } = changing;
  const { bus, rule } = taggedBy(identity, arn);
  const busKey = busKeyOf(bus);
  if (rule === undefined) {
    return makeChange(name, changing, [busKey], ([found]) => {
      requireBus(config(), bus, found);
      requireNoFileBus(config(), bus, name);
      const before = foundBus(bus, found);
      return replace(busKey, found, { ...before, tags: change(before.tags) });
    });
  }
  const key = ruleKeyOf(bus, rule);
  return makeChange(name, changing, [key, busKey], ([found, inStore]) => {
    requireBus(config(), bus, inStore);
    requireOwnRule(config(), bus, rule);
    const before = foundRule(bus, rule, found);
    return replace(key, found, { ...before, tags: change(before.tags) });
  });
}

/** @throws AwsError `ValidationException` for an ARN of anything else */
function taggedBy(identity: Identity, arn: string): Tagged {
  const [busPrefix, rulePrefix] = [eventBusArn(identity, ""), ruleArn(identity, "default", "")];
  if (arn.startsWith(busPrefix)) return { bus: arn.slice(busPrefix.length), rule: undefined };
  if (arn.startsWith(rulePrefix)) {
    const { bus, name: rule } = splitRuleKey(arn.slice(rulePrefix.length));
    return { bus, rule };
  }
  throw commonError("ValidationException", "Parameter ResourceARN is not valid: only event buses and rules have tags.");
}
