import type { KeptRule, RuleRequests } from "../logic/rules/rule-text.ts";
import type { ListedRule } from "../logic/rules/rules.ts";
import { ApiError, problemFrom } from "./problem.ts";
import { send } from "./request.ts";

/** A rule and the bus that it is on. */
export type NamedRule = Pick<ListedRule, "bus" | "name">;

/** Reads a rule with its targets. @throws ApiError */
export async function readRule({ bus, name }: NamedRule): Promise<KeptRule> {
  const [rule, { Targets }] = await Promise.all([
    send("POST", "eventbridge/DescribeRule", { body: { Name: name, EventBusName: bus } }),
    send("POST", "eventbridge/ListTargetsByRule", { body: { Rule: name, EventBusName: bus } }),
  ]);
  return { rule, targets: Targets };
}

/**
 * Makes the requests one after the other. Targets that go make room for those that come.
 *
 * @throws ApiError, which says what was done before it.
 */
export async function changeRule({ bus, name }: NamedRule, requests: RuleRequests): Promise<void> {
  const { putRule, putTargets, removedIds } = requests;
  const of = { Rule: name, EventBusName: bus };
  const done: string[] = [];
  try {
    if (putRule !== undefined) await send("POST", "eventbridge/PutRule", { body: putRule });
    if (putRule !== undefined) done.push("The rule itself was saved.");
    if (removedIds !== undefined) await send("POST", "eventbridge/RemoveTargets", { body: { ...of, Ids: removedIds } });
    if (removedIds !== undefined) done.push(`Targets were removed: ${removedIds.join(", ")}.`);
    if (putTargets !== undefined)
      await send("POST", "eventbridge/PutTargets", { body: { ...of, Targets: putTargets } });
  } catch (error) {
    const problem = problemFrom(error);
    throw new ApiError({ ...problem, detail: [problem.detail, ...done].join(" ") }, error);
  }
}

/** Lets a rule match events, or keeps it from that. @throws ApiError */
export async function switchRule({ bus, name }: NamedRule, isEnabled: boolean): Promise<void> {
  const path = isEnabled ? "eventbridge/EnableRule" : "eventbridge/DisableRule";
  await send("POST", path, { body: { Name: name, EventBusName: bus } });
}

/** Removes a rule's targets, then the rule. @throws ApiError */
export async function deleteRule({ bus, name, targets }: ListedRule): Promise<void> {
  const ids = targets.map(({ id }) => id);
  if (ids.length > 0)
    await send("POST", "eventbridge/RemoveTargets", { body: { Rule: name, EventBusName: bus, Ids: ids } });
  await send("POST", "eventbridge/DeleteRule", { body: { Name: name, EventBusName: bus } });
}
