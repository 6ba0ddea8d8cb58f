import { connectionSecretName } from "../../../../../domain/made/connection.ts";
import type { JsonObject } from "../../../../../json/json.ts";
import { isJsonObject, parseJson } from "../../../../../json/json.ts";
import type { Change, EntityKey } from "../../../../../ports/store/entities.ts";
import { SECRET_KIND, SealingError } from "../../../../../ports/store/sealing.ts";
import type { Changing } from "../changes/change.ts";
import { eventsError } from "../errors.ts";

function secretKeyOf(id: string): EntityKey {
  return { kind: SECRET_KIND, name: connectionSecretName(id) };
}

/** The change that keeps the secret of a connection: all of its parameters. @throws AwsError where there is no key */
export function sealed(name: string, { sealing }: Changing, id: string, parameters: JsonObject): Change {
  const key = secretKeyOf(id);
  try {
    return { change: "put", ...key, value: sealing.seal(JSON.stringify(parameters), key) };
  } catch (error) {
    throw sealingError(name, error);
  }
}

/** The change that removes it. */
export function unsealed(id: string): Change {
  return { change: "delete", ...secretKeyOf(id) };
}

/** The parameters that an update goes on from; none where they were removed. */
export async function openedParameters(name: string, { sealing, changes }: Changing, id: string): Promise<JsonObject> {
  const key = secretKeyOf(id);
  const secret = await changes.get(key);
  if (secret === undefined) return {};
  try {
    const parameters = parseJson(sealing.open(secret.value, key));
    return isJsonObject(parameters) ? parameters : {};
  } catch (error) {
    throw sealingError(name, error);
  }
}

function sealingError(name: string, error: unknown): unknown {
  if (!(error instanceof SealingError)) return error;
  return eventsError("OperationDisabledException", `${name} is disabled: ${error.message}.`, { cause: error });
}
