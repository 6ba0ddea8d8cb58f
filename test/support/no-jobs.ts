import type { JobControl } from "../../src/ports/admin/jobs.ts";

/** Of a router that has no job and starts none. */
export const NO_JOBS: JobControl = {
  list: () => [],
  find: () => undefined,
  start: () => Promise.resolve({ ok: false, reason: "too many" }),
  change: () => Promise.resolve(undefined),
};
