import { z } from "zod";

// Requests and answers of the EventBridge API, in its own words. The service itself checks them.

/** Which rule, on the default bus unless it says so. */
export const namedRuleBody = z.object({ Name: z.string(), EventBusName: z.string().exactOptional() });

/** What a rule says besides its targets and tags. Whatever a PutRule leaves out is lost. */
export const putRuleBody = namedRuleBody.extend({
  /** JSON text. */
  EventPattern: z.string().exactOptional(),
  ScheduleExpression: z.string().exactOptional(),
  Description: z.string().exactOptional(),
  State: z.string().exactOptional(),
  RoleArn: z.string().exactOptional(),
});
export type PutRuleBody = z.infer<typeof putRuleBody>;
export const describeRuleAnswer = putRuleBody;
export const putRuleAnswer = z.object({ RuleArn: z.string() });

const targetMembers = z.object({ Id: z.string(), Arn: z.string() }).catchall(z.unknown());
/** A target with the members that PutTargets takes. */
export type TargetMembers = z.infer<typeof targetMembers>;

/** Whose targets, on the default bus unless it says so. */
export const targetsOfRuleBody = z.object({ Rule: z.string(), EventBusName: z.string().exactOptional() });
export const targetsOfRuleAnswer = z.object({ Targets: z.array(targetMembers).readonly() });

export const putTargetsBody = targetsOfRuleBody.extend({ Targets: z.array(targetMembers).readonly() });
export const removeTargetsBody = targetsOfRuleBody.extend({ Ids: z.array(z.string()).readonly() });
export const changedTargetsAnswer = z.object({ FailedEntryCount: z.number() });

/** EnableRule, DisableRule and DeleteRule answer nothing. */
export const emptyAnswer = z.object({});
