import type { RequestListener } from "node:http";
import type { Config } from "../../src/core/config.ts";
import type { LimitName } from "../../src/core/limits.ts";
import type { Door } from "../../src/edge/http/auth/door.ts";
import type { ByteBudget } from "../../src/edge/http/body.ts";
import { createPublicApp } from "../../src/edge/http/public-app.ts";
import { InFlightBytes } from "../../src/flow/in-flight.ts";
import { openDoor } from "./door.ts";
import { FakeIngest } from "./fake-ingest.ts";
import { testLimits } from "./limits.ts";
import { IDENTITY, sampleConfig } from "./sample.ts";

/** The public app over a fake ingest. What it reports as its own fault is kept. */
export function publicApp(
  options: {
    config?: Config;
    budget?: ByteBudget;
    limits?: Partial<Record<LimitName, number>>;
    hasRoom?: () => boolean;
    door?: Door;
  } = {},
): {
  app: RequestListener;
  ingest: FakeIngest;
  faults: unknown[];
  /** The limits that were met. */
  met: readonly LimitName[];
} {
  const ingest = new FakeIngest();
  const faults: unknown[] = [];
  const { limits, met } = testLimits(options.limits);
  const app = createPublicApp({
    ingest: ingest.put,
    config: () => options.config ?? sampleConfig({}),
    identity: IDENTITY,
    budget: options.budget ?? new InFlightBytes(256 * 1_048_576),
    limits,
    door: options.door ?? openDoor(),
    hasRoom: options.hasRoom ?? (() => true),
    report: (error) => faults.push(error),
  });
  return { app, ingest, faults, met };
}
