import type { Express } from "express";
import type { Config } from "../../src/core/config.ts";
import type { ByteBudget } from "../../src/edge/http/body.ts";
import { createPublicApp } from "../../src/edge/http/public-app.ts";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { FakeIngest } from "./fake-ingest.ts";
import { IDENTITY, sampleConfig } from "./sample.ts";

/** The public app over a fake ingest. What it reports as its own fault is kept. */
export function publicApp(options: { config?: Config; budget?: ByteBudget } = {}): {
  app: Express;
  ingest: FakeIngest;
  faults: unknown[];
} {
  const ingest = new FakeIngest();
  const faults: unknown[] = [];
  const app = createPublicApp({
    ingest: ingest.put,
    config: () => options.config ?? sampleConfig({}),
    identity: IDENTITY,
    budget: options.budget ?? new InFlightBytes(256 * 1_048_576),
    report: (error) => faults.push(error),
  });
  return { app, ingest, faults };
}
