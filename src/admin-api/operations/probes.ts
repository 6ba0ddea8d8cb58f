import { z } from "zod";
import { livenessAnswer, readinessAnswer } from "../probes.ts";
import { operations } from "./operation.ts";

/** At the root of a server, whatever path a console has: probes do not come through a proxy. */
export const PROBES = operations({
  metrics: {
    method: "GET",
    path: "/metrics",
    summary: "The metrics, for Prometheus.",
    guard: "nobody is asked",
    servedBy: "router",
    answer: z.string(),
    answeredAs: "text",
  },
  livez: {
    method: "GET",
    path: "/livez",
    summary: "200 as long as the process lives.",
    guard: "nobody is asked",
    servedBy: "each",
    answer: livenessAnswer,
  },
  readyz: {
    method: "GET",
    path: "/readyz",
    summary: "200 when the router takes events; else 503 in the same form, with the `reason`.",
    guard: "nobody is asked",
    servedBy: "router",
    answer: readinessAnswer,
  },
});
