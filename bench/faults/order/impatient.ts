import { within } from "../../../test/contract/waiting.ts";
import type { Router } from "../../../test/support/router/router.ts";

/** How long a caller waits for a router, which may be frozen. */
const ANSWER_MS_MAX = 3_000;

/** A router whose callers give up when it does not answer. What they put may be taken all the same, and then nobody was promised it. */
export function impatient(router: Router): Pick<Router, "put"> {
  return { put: (entries) => within("the put is answered", router.put(entries), ANSWER_MS_MAX) };
}
