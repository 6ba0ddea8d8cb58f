import type { MadeAlias } from "../../../../../domain/made/function-alias.ts";
import {
  aliasInForce,
  aliasKey,
  aliasRevision,
  FUNCTION_ALIAS_KIND,
  readMadeAlias,
} from "../../../../../domain/made/function-alias.ts";
import type { FunctionAlias } from "../../../../../domain/target/function-alias.ts";
import { FUNCTION_ALIASES_MAX } from "../../../../../domain/target/function-alias.ts";
import type { FunctionConfig } from "../../../../../domain/target/function.ts";
import { isSameTraffic } from "../../../../../domain/target/function-version.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { MadeChanges } from "../../../../../ports/made.ts";
import type { Change, Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import { required, string, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import { changeOrRefuse } from "../../change-refusal.ts";
import { lambdaError, wrongParameter } from "../errors.ts";
import type { FunctionsApi } from "../found-function.ts";
import { foundFunction } from "../found-function.ts";
import { FUNCTION_NAME, qualifiedArn } from "../function-name.ts";
import { changedInFiles } from "../functions/refused-changes.ts";
import { ALIAS_MEMBER, aliasArn } from "./alias-reads.ts";
import { checkedTraffic } from "./alias-traffic.ts";
import { shownAlias } from "./shown-alias.ts";
import { ROUTING_CONFIG } from "./version-weights.ts";

/** What the operations on aliases work on. */
export interface AliasesApi extends FunctionsApi {
  readonly changes: MadeChanges;
}

const VERSION_MEMBER = string({ pattern: "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)", lengthMin: 1, lengthMax: 1024 });
const DESCRIPTION_MEMBER = string({ lengthMax: 256 });

/** An alias that is to be changed: what files say of it, and what is in force. */
interface FoundAlias {
  readonly ofFile: FunctionAlias | undefined;
  readonly current: FunctionAlias | undefined;
}

/** CreateAlias: in force at this router once it is answered, and at the others within a second. */
export function createAlias(api: AliasesApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("CreateAliasRequest", {
      FunctionName: required(FUNCTION_NAME),
      Name: ALIAS_MEMBER,
      FunctionVersion: required(VERSION_MEMBER),
      Description: DESCRIPTION_MEMBER,
      RoutingConfig: ROUTING_CONFIG,
    }),
    resource: ({ FunctionName, Name }) => aliasArn(identity, FunctionName, Name),
    handle: async ({ FunctionName, Name, Description, ...given }) => {
      const { fn } = foundFunction(api, { FunctionName });
      const traffic = checkedTraffic(identity, fn, given, { version: given.FunctionVersion });
      const made: MadeAlias = { ...traffic, description: Description ?? "" };
      await changeAlias("CreateAlias", api, fn, Name, ({ current }, found) => {
        if (current !== undefined || found !== undefined) throw alreadyThere(api, fn.name, Name);
        if ((fn.aliases?.size ?? 0) >= FUNCTION_ALIASES_MAX)
          throw wrongParameter(
            `Function ${fn.name} has ${FUNCTION_ALIASES_MAX} aliases, which is the most: delete some.`,
          );
        return made;
      });
      return shownAlias(api, fn.name, { name: Name, ...made });
    },
  });
}

/**
 * UpdateAlias: what is not given stays. The alias of a file stays what its file says; a shift is laid over it, until the file says
 * something else, or this makes it what the file says again.
 */
export function updateAlias(api: AliasesApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("UpdateAliasRequest", {
      FunctionName: required(FUNCTION_NAME),
      Name: ALIAS_MEMBER,
      FunctionVersion: VERSION_MEMBER,
      Description: DESCRIPTION_MEMBER,
      RoutingConfig: ROUTING_CONFIG,
      RevisionId: string(),
    }),
    resource: ({ FunctionName, Name }) => aliasArn(identity, FunctionName, Name),
    handle: async ({ FunctionName, Name, Description, RevisionId, ...given }) => {
      const { fn } = foundFunction(api, { FunctionName });
      let answer: JsonObject = {};
      await changeAlias("UpdateAlias", api, fn, Name, ({ ofFile, current }) => {
        if (current === undefined)
          throw lambdaError("ResourceNotFoundException", `Alias not found: ${arnOf(api, fn.name, Name)}`);
        requireRevision(RevisionId ?? undefined, fn.name, current);
        const description = Description ?? current.description ?? "";
        if (ofFile !== undefined && description !== (ofFile.description ?? ""))
          throw changedInFiles("UpdateAlias with another Description", api, fn.name);
        const traffic = checkedTraffic(identity, fn, given, current);
        const said = ofFile === undefined ? description : ofFile.description;
        answer = shownAlias(api, fn.name, withDescription({ name: Name, ...traffic }, said));
        if (ofFile === undefined) return { ...traffic, description };
        return isSameTraffic(traffic, ofFile) ? undefined : { ...traffic, over: aliasRevision(fn.name, ofFile) };
      });
      return answer;
    },
  });
}

/** DeleteAlias: 204 also where there is none. */
export function deleteAlias(api: AliasesApi): Operation {
  const { identity } = api;
  return operation({
    input: structure("DeleteAliasRequest", { FunctionName: required(FUNCTION_NAME), Name: ALIAS_MEMBER }),
    resource: ({ FunctionName, Name }) => aliasArn(identity, FunctionName, Name),
    handle: async ({ FunctionName, Name }) => {
      const { fn } = foundFunction(api, { FunctionName });
      await changeAlias("DeleteAlias", api, fn, Name, ({ ofFile }) => {
        if (ofFile !== undefined) throw changedInFiles("DeleteAlias", api, fn.name);
        return undefined;
      });
      return {};
    },
  });
}

/**
 * Changes what the store has of an alias, and resolves when that is in force here.
 *
 * @param decide what the store is to have then; undefined for nothing. @throws AwsError
 */
async function changeAlias(
  operationName: string,
  { changes, config }: AliasesApi,
  fn: FunctionConfig,
  name: string,
  decide: (found: FoundAlias, entity: Entity | undefined) => MadeAlias | undefined,
): Promise<void> {
  const key: EntityKey = { kind: FUNCTION_ALIAS_KIND, name: aliasKey(fn.name, name) };
  const conflict = (message: string) => lambdaError("ResourceConflictException", message);
  const decideChanges = ([entity]: readonly (Entity | undefined)[]): readonly Change[] => {
    const made = decide(foundAlias(config().fileFunctions?.get(fn.name) ?? fn, name, entity), entity);
    if (made !== undefined)
      return [{ change: "put", ...key, value: JSON.stringify(made), expect: entity?.revision ?? "absent" }];
    return entity === undefined ? [] : [{ change: "delete", ...key, expect: entity.revision }];
  };
  await changeOrRefuse(operationName, changes, [key], decideChanges, { disabled: wrongParameter, conflict });
}

/** @param fn as files have it */
function foundAlias(fn: FunctionConfig, name: string, entity: Entity | undefined): FoundAlias {
  const ofFile = fn.aliases?.get(name);
  const made = entity && readMadeAlias(entity.value);
  const inForce = made && aliasInForce(fn, name, made);
  return { ofFile, current: inForce?.ok === true ? inForce.alias : ofFile };
}

/** @throws AwsError */
function requireRevision(given: string | undefined, functionName: string, current: FunctionAlias): void {
  if (given === undefined || given === aliasRevision(functionName, current)) return;
  throw lambdaError(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  );
}

function withDescription(alias: FunctionAlias, description: string | undefined): FunctionAlias {
  return description === undefined ? alias : { ...alias, description };
}

function alreadyThere(api: AliasesApi, functionName: string, name: string) {
  return lambdaError("ResourceConflictException", `Alias already exists: ${arnOf(api, functionName, name)}`);
}

function arnOf({ identity }: AliasesApi, name: string, qualifier: string): string {
  return qualifiedArn(identity, { name, qualifier });
}
