import { z } from "zod";
import { CONDITION_KEYS, PRINCIPAL_CONDITION_KEYS } from "../../../domain/access/access.ts";
import type { BusPolicy, BusStatement } from "../../../domain/access/bus-policy.ts";
import { POLICY_CHARACTERS_MAX } from "../../../domain/access/policy-document.ts";
import { oneOrMore, statementCondition, statementResource, STATEMENTS_MAX } from "../../access/statement-fields.ts";
import { addIssue, boundedText } from "./fields.ts";

/** Who may be named: everybody, an account by its id or ARN, one principal, an AWS service. */
const PRINCIPAL = /^(\*|\d{12}|arn:aws[\w-]*:iam::\d{12}:(root|user\/\S{1,512})|[a-z0-9.-]+\.amazonaws\.com)$/;

const principal = z.string().regex(PRINCIPAL, {
  error: "must be *, an account of 12 digits, or an ARN as arn:aws:iam::000000000000:user/access-key/NAME",
});

interface PolicyWords {
  readonly service: "events" | "sqs";
  readonly example: string;
  readonly about: string;
  readonly resource: string;
  readonly description: string;
}

function policyOf({ service, example, about, resource, description }: PolicyWords) {
  const action = z
    .string()
    .regex(new RegExp(`^(\\*|${service}:[A-Za-z*?]{1,64})$`, "i"), { error: `must be an action as ${example}` });
  const statement = z
    .strictObject({
      sid: boundedText("Its name, for people, logs and RemovePermission.").exactOptional(),
      effect: z.enum(["Allow", "Deny"]).describe("A Deny comes before any Allow."),
      principal: oneOrMore(principal).meta({ description: "Whom it is about: one text or a list." }),
      action: oneOrMore(action).meta({ description: about }),
      resource: oneOrMore(statementResource)
        .exactOptional()
        .meta({ description: `ARNs that it is about, with * and ?. This ${resource} when left out.` }),
      condition: statementCondition([...CONDITION_KEYS, ...PRINCIPAL_CONDITION_KEYS])
        .exactOptional()
        .meta({ description: "What must hold of the entry or of who puts it, as IAM has it." }),
    })
    .transform(({ sid, effect, principal, action, resource = ["*"], condition = [] }): BusStatement => {
      const named = sid === undefined ? {} : { sid };
      return { ...named, effect, principals: principal, actions: action, resources: resource, conditions: condition };
    });
  return z
    .strictObject({ statements: z.array(statement).min(1).max(STATEMENTS_MAX).describe("What it says.") })
    .superRefine((value, issues) => {
      if (JSON.stringify(value).length > POLICY_CHARACTERS_MAX)
        addIssue(issues, `must be at most ${POLICY_CHARACTERS_MAX} characters long, as JSON`);
    })
    .transform((value): BusPolicy => value)
    .meta({ description });
}

/** The policy of an event bus. */
export const busPolicy = policyOf({
  service: "events",
  example: "events:PutEvents",
  about: "What it is about. Only events:PutEvents is decided by it.",
  resource: "bus",
  description: "Who may put on the bus besides those whose own policies allow it, and who may not.",
});

/** The policy of a queue. */
export const queuePolicy = policyOf({
  service: "sqs",
  example: "sqs:SendMessage",
  about: "What it is about. What changes the queue itself is not decided by it.",
  resource: "queue",
  description: "Who may use the queue besides those whose own policies allow it, and who may not.",
});
