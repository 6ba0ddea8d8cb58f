import type { ChangeOperation, MadeChanges } from "../../../ports/made.ts";
import { AwsError, refusalAnswer } from "../errors.ts";
import { Refusal } from "../../http/auth/refusal.ts";
import type { Operation } from "../service.ts";

/** An operation that changes something, and whose outcome an observer hears. */
export function observedChange(
  name: ChangeOperation,
  row: Operation,
  { observer }: Pick<MadeChanges, "observer">,
): Operation {
  return {
    ...row,
    handle: async (input, call) => {
      try {
        const output = await row.handle(input, call);
        observer.changed(name, "done");
        return output;
      } catch (error) {
        observer.changed(name, codeOf(error));
        throw error;
      }
    },
  };
}

function codeOf(error: unknown): string {
  if (error instanceof AwsError) return error.code;
  return error instanceof Refusal ? refusalAnswer(error).code : "InternalFailure";
}
