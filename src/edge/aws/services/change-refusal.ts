import type { ChangeRefusal, DecideChanges, MadeChanges } from "../../../ports/made.ts";
import type { EntityKey } from "../../../ports/store/entities.ts";
import type { AwsError } from "../errors.ts";
import { commonError } from "../errors.ts";

/** The errors that a service has for changes that are not made. */
export interface ChangeErrors {
  readonly disabled: (message: string) => AwsError;
  readonly conflict: (message: string) => AwsError;
}

/**
 * Makes a change of what a service keeps in the store. Resolves when it is in force at this router.
 *
 * @throws AwsError what `decide` throws, and the service's errors for a change that was not made or is not in force.
 */
export async function changeOrRefuse(
  operation: string,
  kept: Pick<MadeChanges, "isKept" | "change">,
  keys: readonly EntityKey[],
  decide: DecideChanges,
  errors: ChangeErrors,
): Promise<void> {
  if (!kept.isKept) throw refusalError(operation, { reason: "no-store" }, errors);
  const result = await kept.change(keys, decide);
  if (!result.ok) throw refusalError(operation, result, errors);
}

function refusalError(operation: string, refusal: ChangeRefusal, { disabled, conflict }: ChangeErrors): AwsError {
  const again = { retryAfterSeconds: 1 };
  switch (refusal.reason) {
    case "no-store": {
      const message = `${operation} is disabled: it needs a store, and this router has none. Set BUSBAR_STORE to the URL of a PostgreSQL database, or change the configuration files.`;
      return disabled(message);
    }
    case "conflict":
      return conflict("Others change the same resource at the same time.");
    case "store": {
      const made = refusal.mayBeDone ? "it is not known whether the change was made" : "nothing was changed";
      return commonError("ServiceUnavailable", `The store is not available, ${made}: ${refusal.message}`, again);
    }
    case "not-in-force": {
      const message = `The change was stored, and is not in force at this router yet: ${refusal.message}`;
      return commonError("ServiceUnavailable", message, again);
    }
  }
}
