import { accountArn } from "../../../../../domain/access/bus-policy.ts";
import { POLICY_CHARACTERS_MAX, statementsOf } from "../../../../../domain/access/policy-document.ts";
import { queueArn } from "../../../../../domain/arn.ts";
import type { Json, JsonObject } from "../../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import { list, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { invalidValue, missing, sqsError } from "../errors.ts";
import type { Messaging } from "../messaging.ts";
import { namedQueue, QUEUE_URL, queueResource } from "../messaging.ts";
import { OWNERS_ACTIONS } from "../queue-guard.ts";
import { changeQueue } from "./queue-change.ts";

const LABEL = /^[A-Za-z0-9_-]{1,80}$/;
const ACCOUNT = /^\d{12}$/;
const TEXTS = list(string({ lengthMax: 128 }), { lengthMax: 100 });

/** AddPermission: one statement more in the queue's policy, as AWS writes it. */
export function addQueuePermission(messaging: Messaging): Operation {
  const { identity } = messaging;
  return operation({
    input: structure("AddPermissionRequest", { ...QUEUE_URL, Label: string(), AWSAccountIds: TEXTS, Actions: TEXTS }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      const label = requireLabel(input.Label);
      const statement = statementOf(label, input.AWSAccountIds ?? [], input.Actions ?? [], queueArn(identity, name));
      await changePolicy("AddPermission", messaging, name, (before) => {
        const statements = statementsOf(before);
        if (statements.some(({ Sid }) => Sid === label)) throw invalidValue("Label", label, "Already exists.");
        const first = { Version: "2008-10-17", Id: `${queueArn(identity, name)}/SQSDefaultPolicy` };
        return documentOf(before, first, [...statements, statement]);
      });
      return {};
    },
  });
}

/** RemovePermission: with the last statement the policy goes. */
export function removeQueuePermission(messaging: Messaging): Operation {
  return operation({
    input: structure("RemovePermissionRequest", { ...QUEUE_URL, Label: string() }),
    resource: (input) => queueResource(messaging, input),
    handle: async (input) => {
      const name = namedQueue(input);
      const label = requireLabel(input.Label);
      await changePolicy("RemovePermission", messaging, name, (before) => {
        const statements = statementsOf(before);
        const left = statements.filter(({ Sid }) => Sid !== label);
        if (left.length === statements.length) throw invalidValue("Label", label, "can't find label.");
        return left.length === 0 ? undefined : documentOf(before, {}, left);
      });
      return {};
    },
  });
}

/** A policy must be one that is decided as it says. @throws AwsError `InvalidAttributeValue` */
export function requirePolicy({ checks }: Pick<Messaging, "checks">, document: string | undefined): void {
  if (document === undefined) return;
  const problem =
    document.length > POLICY_CHARACTERS_MAX
      ? `It is longer than ${POLICY_CHARACTERS_MAX} characters.`
      : checks.queuePolicyProblem(document);
  if (problem === undefined) return;
  throw sqsError("InvalidAttributeValue", `Invalid value for the parameter Policy. Reason: ${problem}`);
}

/** @param change from the document before to the one after; undefined is no policy. */
async function changePolicy(
  operationName: string,
  messaging: Messaging,
  name: string,
  change: (before: string | undefined) => string | undefined,
): Promise<void> {
  await changeQueue(operationName, messaging, name, (queue) => {
    const { Policy: before, ...others } = queue.attributes;
    const policy = change(before);
    requirePolicy(messaging, policy);
    return { ...queue, attributes: policy === undefined ? others : { ...others, Policy: policy } };
  });
}

function requireLabel(label: string | null | undefined): string {
  if (label === undefined || label === null || label === "") throw missing("Label");
  if (LABEL.test(label)) return label;
  throw invalidValue(
    "Label",
    label.slice(0, 128),
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
  );
}

/** One of something is a text, several are a list. @throws AwsError in AWS's words */
function statementOf(label: string, accounts: readonly string[], actions: readonly string[], arn: string): JsonObject {
  if (actions.length === 0) throw missing("Actions");
  const wrong = accounts.find((account) => !ACCOUNT.test(account));
  if (accounts.length === 0 || wrong !== undefined)
    throw invalidValue("PrincipalId", `[${accounts.join(", ")}]`, "Unable to verify.");
  const owners = actions.find((action) => OWNERS_ACTIONS.has(action.toLowerCase()));
  if (owners !== undefined) {
    const reason = "Only the queue owner is allowed to invoke this action.";
    throw invalidValue("ActionName", `SQS:${owners}`, reason);
  }
  return {
    Sid: label,
    Effect: "Allow",
    Principal: { AWS: oneOrAll(accounts.map(accountArn)) },
    Action: oneOrAll(actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  };
}

/** What else a document says, as its version, stays. */
function documentOf(before: string | undefined, first: JsonObject, statements: readonly JsonObject[]): string {
  const parsed = before === undefined ? first : parseJson(before);
  return JSON.stringify({ ...(isJsonObject(parsed) ? parsed : first), Statement: statements });
}

function oneOrAll(texts: readonly string[]): Json {
  const [first, ...others] = texts;
  return first !== undefined && others.length === 0 ? first : [...texts];
}
