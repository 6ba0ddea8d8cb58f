import { randomBytes, randomUUID } from "node:crypto";
import { connectionArn } from "../../../../../domain/arn.ts";
import {
  mergedAuthParameters,
  MEMBER_OF_TYPE,
  shownAuthParameters,
} from "../../../../../domain/made/auth-parameters.ts";
import type { ConnectionInForce, MadeConnection } from "../../../../../domain/made/connection.ts";
import { CONNECTION_KIND, readMadeConnection } from "../../../../../domain/made/connection.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import type { Change, Entity, EntityKey } from "../../../../../ports/store/entities.ts";
import type { AwsError } from "../../../errors.ts";
import { commonError } from "../../../errors.ts";
import { required, structure } from "../../../input/shapes.ts";
import type { Operation } from "../../../service.ts";
import { operation } from "../../../service.ts";
import type { Changing } from "../changes/change.ts";
import { makeChange, replace, tooMany } from "../changes/change.ts";
import { eventsError } from "../errors.ts";
import { RULE_NAME } from "../names.ts";
import { CREATE, UPDATE } from "./connection-shapes.ts";
import { openedParameters, sealed, unsealed } from "./connection-secrets.ts";
import { changed, noSuchConnection } from "./connections.ts";

/** As many as AWS has in an account. */
const CONNECTIONS_MAX = 3_000;

/** CreateConnection. One with OAuth is authorized in the background: by asking its endpoint for a token. */
export function createConnection(changing: Changing): Operation {
  const { config, identity, authorizeConnection } = changing;
  return operation({
    input: CREATE,
    resource: ({ Name }) => connectionArn(identity, Name),
    handle: async (input) => {
      const { Name, AuthorizationType: type } = input;
      refusePrivate(input);
      const parameters = checkedParameters(changing, type, withoutNulls(input.AuthParameters));
      const nowMs = Date.now();
      const made: MadeConnection = {
        id: randomUUID(),
        secretSuffix: randomBytes(3).toString("hex"),
        authorizationType: type,
        ...authorizedBy(type, nowMs),
        ...textsOf(input),
        authParameters: shownAuthParameters(parameters),
      };
      const key = connectionKeyOf(Name);
      await makeChange("CreateConnection", changing, [key], ([found]) => {
        if (found !== undefined)
          throw eventsError("ResourceAlreadyExistsException", `Connection ${Name} already exists.`);
        if ((config().made?.connections.size ?? 0) >= CONNECTIONS_MAX) throw tooMany();
        return [...replace(key, found, made), sealed("CreateConnection", changing, made.id, parameters)];
      });
      if (made.state === "AUTHORIZING") authorizeConnection(Name);
      // AWS has no LastAuthorizedTime in this one answer.
      const { LastAuthorizedTime: _, ...answer } = changed(identity, Name, inForce(changing, Name), made.state);
      return answer;
    },
  });
}

/** UpdateConnection: what is left out stays. */
export function updateConnection(changing: Changing): Operation {
  const { identity, authorizeConnection } = changing;
  return operation({
    input: UPDATE,
    resource: ({ Name }) => connectionArn(identity, Name),
    handle: async (input) => {
      const { Name } = input;
      refusePrivate(input);
      const key = connectionKeyOf(Name);
      await makeChange("UpdateConnection", changing, [key], async ([found]) => {
        const before = foundConnection(Name, found);
        const type = input.AuthorizationType ?? before.authorizationType;
        const given = input.AuthParameters ?? undefined;
        const common = { ...before, ...textsOf(input), authorizationType: type };
        if (given === undefined && type === before.authorizationType) {
          return replace(key, found, common);
        }
        const opened = await openedParameters("UpdateConnection", changing, before.id);
        const parameters = checkedParameters(
          changing,
          type,
          mergedAuthParameters(opened, withoutNulls(given ?? {}), type),
        );
        const { stateReason: _, ...rest } = common;
        const after = { ...rest, ...authorizedBy(type, Date.now()), authParameters: shownAuthParameters(parameters) };
        const changes = replace(key, found, after);
        // The secret alone may be what is new.
        const kept: Change = { change: "require", ...key, expect: found?.revision ?? "present" };
        return [
          ...(changes.length === 0 ? [kept] : changes),
          sealed("UpdateConnection", changing, before.id, parameters),
        ];
      });
      const after = inForce(changing, Name);
      if (after.state === "AUTHORIZING") authorizeConnection(Name);
      return changed(identity, Name, after, after.state);
    },
  });
}

/** DeleteConnection: at once. API destinations that use it stay, and cannot call. */
export function deleteConnection(changing: Changing): Operation {
  const { identity } = changing;
  return operation({
    input: structure("DeleteConnectionRequest", { Name: required(RULE_NAME) }),
    resource: ({ Name }) => connectionArn(identity, Name),
    handle: async ({ Name }) => {
      const key = connectionKeyOf(Name);
      let last: ConnectionInForce | undefined;
      await makeChange("DeleteConnection", changing, [key], ([found]) => {
        const before = foundConnection(Name, found);
        last = { ...before, ...timesOf(found), auth: { kind: "none" } };
        return [{ change: "delete", ...key, expect: found?.revision ?? "present" }, unsealed(before.id)];
      });
      return last === undefined ? {} : changed(identity, Name, last, "DELETING");
    },
  });
}

/** DeauthorizeConnection: its secret goes. An update with new parameters makes it usable again. */
export function deauthorizeConnection(changing: Changing): Operation {
  const { identity } = changing;
  return operation({
    input: structure("DeauthorizeConnectionRequest", { Name: required(RULE_NAME) }),
    resource: ({ Name }) => connectionArn(identity, Name),
    handle: async ({ Name }) => {
      const key = connectionKeyOf(Name);
      await makeChange("DeauthorizeConnection", changing, [key], ([found]) => {
        const before = foundConnection(Name, found);
        const after: MadeConnection = { ...before, state: "DEAUTHORIZED", authParameters: {} };
        return [...replace(key, found, after), unsealed(before.id)];
      });
      return changed(identity, Name, inForce(changing, Name), "DEAUTHORIZING");
    },
  });
}

export function connectionKeyOf(name: string): EntityKey {
  return { kind: CONNECTION_KIND, name };
}

/** A token has to be got before one with OAuth is AUTHORIZED. */
function authorizedBy(
  type: MadeConnection["authorizationType"],
  nowMs: number,
): Pick<MadeConnection, "state" | "lastAuthorizedAtMs"> {
  return type === "OAUTH_CLIENT_CREDENTIALS"
    ? { state: "AUTHORIZING" }
    : { state: "AUTHORIZED", lastAuthorizedAtMs: nowMs };
}

function textsOf({ Description, KmsKeyIdentifier }: { Description?: string | null; KmsKeyIdentifier?: string | null }) {
  return {
    ...(typeof Description === "string" ? { description: Description } : {}),
    ...(typeof KmsKeyIdentifier === "string" ? { kmsKeyIdentifier: KmsKeyIdentifier } : {}),
  };
}

/** Private connectivity needs services of AWS's network. @throws AwsError */
function refusePrivate(input: {
  InvocationConnectivityParameters?: unknown;
  AuthParameters?: { ConnectivityParameters?: unknown } | null;
}): void {
  const given = input.InvocationConnectivityParameters ?? input.AuthParameters?.ConnectivityParameters ?? null;
  if (given === null) return;
  throw eventsError("OperationDisabledException", "Connections to private resources by VPC Lattice are not there.");
}

/** @throws AwsError `ValidationException` where the parameters are not those of the type, or cannot go into a request */
function checkedParameters(
  { checks }: Changing,
  type: MadeConnection["authorizationType"],
  parameters: JsonObject,
): JsonObject {
  const own = MEMBER_OF_TYPE[type];
  const others = Object.values(MEMBER_OF_TYPE).filter((member) => member !== own && Object.hasOwn(parameters, member));
  if (!Object.hasOwn(parameters, own) || others.length > 0)
    throw commonError(
      "ValidationException",
      `AuthParameters must have ${own} for the authorization type ${type}, and no other.`,
    );
  const problem = checks.connectionProblem(type, parameters);
  if (problem !== undefined) throw commonError("ValidationException", `AuthParameters are not valid: ${problem}.`);
  return parameters;
}

function foundConnection(name: string, found: Entity | undefined): MadeConnection {
  if (found === undefined) throw noSuchConnection(name);
  const made = readMadeConnection(found.value);
  if (made === undefined) throw new Error(`the store's connection "${name}" cannot be read`);
  return made;
}

function inForce({ config }: Changing, name: string): ConnectionInForce {
  const connection = config().made?.connections.get(name);
  if (connection !== undefined) return connection;
  throw goneMeanwhile();
}

function goneMeanwhile(): AwsError {
  return eventsError("ConcurrentModificationException", "Somebody else deleted it at the same time.");
}

function timesOf(found: Entity | undefined): Pick<ConnectionInForce, "revision" | "createdAtMs" | "changedAtMs"> {
  const { revision = 0, createdAtMs = 0, changedAtMs = 0 } = found ?? {};
  return { revision, createdAtMs, changedAtMs };
}

/** Members that are null are absent. */
function withoutNulls(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value, (_, member: unknown) => member ?? undefined)) as JsonObject;
}
