import assert from "node:assert/strict";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { Router } from "../../../test/support/router/router.ts";

/** Asks the admin port for a job, or to change it. */
export async function askJob(router: Router, method: string, path: string): Promise<JobAnswer> {
  const answer = await fetch(`${router.adminUrl}/api/v1/${path}`, { method });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${text}`);
  return JSON.parse(text) as JobAnswer;
}
