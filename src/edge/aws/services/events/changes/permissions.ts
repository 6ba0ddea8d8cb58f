import { eventBusArn } from "../../../../../domain/arn.ts";
import {
  documentPrincipal,
  POLICY_CHARACTERS_MAX,
  statementsOf,
} from "../../../../../domain/access/policy-document.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import type { StructureOf } from "../../../input/shapes.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import { boolean } from "../../../input/values.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { eventsError } from "../errors.ts";
import { BUS_NAME } from "../names.ts";
import { foundBus } from "./bus-changes.ts";
import type { Changing } from "./change.ts";
import { busKeyOf, makeChange, replace, requireBus, requireNoFileBus } from "./change.ts";

const DEFAULT = "default";
const PUT = "events:PutEvents";

const STATEMENT_ID = string({ pattern: "[a-zA-Z0-9-_]+", lengthMin: 1, lengthMax: 64 });

/** In the model's order. */
const PERMISSION = {
  EventBusName: BUS_NAME,
  Action: string({ pattern: "events:[a-zA-Z]+", lengthMin: 1, lengthMax: 64 }),
  Principal: string({ pattern: "(\\d{12}|\\*)", lengthMin: 1, lengthMax: 12 }),
  StatementId: STATEMENT_ID,
  Condition: structure("Condition", { Type: required(string()), Key: required(string()), Value: required(string()) }),
  Policy: string(),
};
type Permission = StructureOf<typeof PERMISSION>;

/** PutPermission: one statement of a bus's policy, or the whole policy. */
export function putPermission(changing: Changing): Operation {
  const { identity, checks } = changing;
  return operation({
    input: structure("PutPermissionRequest", PERMISSION),
    resource: ({ EventBusName }) => eventBusArn(identity, EventBusName ?? DEFAULT),
    handle: async (input) => {
      const bus = input.EventBusName ?? DEFAULT;
      const given = typeof input.Policy === "string" ? undefined : statementOf(input, eventBusArn(identity, bus));
      await changePolicy("PutPermission", changing, bus, (before) => {
        const after = given === undefined ? (input.Policy ?? "") : withStatement(before, given);
        if (after.length > POLICY_CHARACTERS_MAX) {
          const message = `The bus policy is longer than ${POLICY_CHARACTERS_MAX} characters.`;
          throw eventsError("PolicyLengthExceededException", message);
        }
        const problem = checks.policyProblem(after);
        if (problem !== undefined) throw invalid(problem);
        return after;
      });
      return {};
    },
  });
}

/** RemovePermission: one statement by its id, or all. With the last statement the policy goes. */
export function removePermission(changing: Changing): Operation {
  const { identity } = changing;
  return operation({
    input: structure("RemovePermissionRequest", {
      StatementId: STATEMENT_ID,
      RemoveAllPermissions: boolean,
      EventBusName: BUS_NAME,
    }),
    resource: ({ EventBusName }) => eventBusArn(identity, EventBusName ?? DEFAULT),
    handle: async ({ StatementId, RemoveAllPermissions, EventBusName }) => {
      const isAll = RemoveAllPermissions === true;
      if (!isAll && typeof StatementId !== "string") throw invalid("Parameter StatementId is required.");
      await changePolicy("RemovePermission", changing, EventBusName ?? DEFAULT, (before) => {
        return isAll ? undefined : withoutStatement(before, StatementId ?? "");
      });
      return {};
    },
  });
}

/** @param change from the document before to the one after; undefined is no policy. */
async function changePolicy(
  name: string,
  changing: Changing,
  bus: string,
  change: (before: string | undefined) => string | undefined,
): Promise<void> {
  const { config } = changing;
  const key = busKeyOf(bus);
  await makeChange(name, changing, [key], ([found]) => {
    requireBus(config(), bus, found);
    requireNoFileBus(config(), bus, name);
    const { policy: before, ...rest } = foundBus(bus, found);
    const policy = change(before);
    return replace(key, found, policy === undefined ? rest : { ...rest, policy });
  });
}

/** The statement that the parameters of a request stand for, as AWS writes it. @throws AwsError */
function statementOf({ Action, Principal, StatementId, Condition }: Permission, busArn: string): JsonObject {
  if (typeof Principal !== "string") throw invalid("Parameter Principal must be specified.");
  if (typeof StatementId !== "string") throw invalid("Parameter StatementId is required.");
  if (Action !== PUT) throw invalid("Provided value in parameter 'action' is not supported.");
  const condition = Condition ?? undefined;
  if (condition !== undefined && Principal !== "*") {
    const message = "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.";
    throw eventsError("InvalidParameterValue", message);
  }
  return {
    Sid: StatementId,
    Effect: "Allow",
    Principal: documentPrincipal([Principal]),
    Action: PUT,
    Resource: busArn,
    ...(condition === undefined ? {} : { Condition: { [condition.Type]: { [condition.Key]: condition.Value } } }),
  };
}

/** A statement takes the place of the one with its id. */
function withStatement(document: string | undefined, statement: JsonObject): string {
  const before = statementsOf(document);
  const at = before.findIndex(({ Sid }) => Sid === statement["Sid"]);
  return documentWith(document, at === -1 ? [...before, statement] : before.with(at, statement));
}

/** @throws AwsError `ResourceNotFoundException` where the policy has no such statement, or there is none. */
function withoutStatement(document: string | undefined, id: string): string | undefined {
  const before = statementsOf(document);
  const after = before.filter(({ Sid }) => Sid !== id);
  if (after.length === before.length) {
    throw eventsError("ResourceNotFoundException", "Statement with the provided id does not exist.");
  }
  return after.length === 0 ? undefined : documentWith(document, after);
}

/** What else a document says, as its version, stays. */
function documentWith(document: string | undefined, statements: readonly JsonObject[]): string {
  const before = document === undefined ? { Version: "2012-10-17" } : (JSON.parse(document) as JsonObject);
  return JSON.stringify({ ...before, Statement: statements });
}

function invalid(message: string): AwsError {
  return commonError("ValidationException", message);
}
