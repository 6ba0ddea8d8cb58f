import { Router } from "express";
import { PROBES } from "../../admin-api/operations/probes.ts";
import type { LivenessAnswer, ReadinessAnswer } from "../../admin-api/probes.ts";
import { answerJson } from "../http/answer.ts";

export interface ProbesOptions {
  /** The metrics page, in a format that the request's `Accept` header wants. */
  readonly metrics: (accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly readiness: () => ReadinessAnswer;
}

/** Metrics, liveness and readiness, which need no credentials. */
export function probesRouter({ metrics, readiness }: ProbesOptions): Router {
  const router = Router();

  router.get(PROBES.metrics.path, async (request, response) => {
    const { contentType, body } = await metrics(request.headers.accept);
    response.setHeader("vary", "accept");
    response.setHeader("content-type", contentType);
    response.end(body);
  });

  router.get(PROBES.livez.path, (_request, response) =>
    answerJson(response, 200, { status: "alive" } satisfies LivenessAnswer),
  );

  router.get(PROBES.readyz.path, (_request, response) => {
    const state = readiness();
    answerJson(response, state.ready ? 200 : 503, state);
  });

  return router;
}
