import type { Context } from "../../kinds/kind/context.ts";

const NO_NAMES: ReadonlySet<string> = new Set();

/** Any name may be pointed at: AWS takes an ARN of what is not there too. */
export const ANY_NAMES: Context = {
  compileConditions: () => ({ ok: false, problems: [] }),
  names: { function: NO_NAMES, "api-destination": NO_NAMES, queue: NO_NAMES, stream: NO_NAMES, "event-bus": NO_NAMES },
  allNamesKnown: false,
};
