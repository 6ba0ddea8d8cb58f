import type { RequestListener } from "node:http";
import type { Config } from "../../src/domain/config.ts";
import type { LimitName } from "../../src/domain/limits.ts";
import type { Authenticator } from "../../src/edge/http/auth/authenticator.ts";
import type { TakeTurn } from "../../src/edge/aws/entrance.ts";
import { createPublicApp } from "../../src/edge/public/public-app.ts";
import { UnprovenRoom } from "../../src/edge/http/unproven-room.ts";
import { InFlightBytes } from "../../src/flow/budget/in-flight.ts";
import { allowEverybody } from "./authenticator.ts";
import { FakePut } from "./fake-put.ts";
import { testLimits } from "./limits.ts";
import { IDENTITY, sampleConfig } from "./sample.ts";

/** The public app over a fake put. What it reports as its own fault is kept. */
export function publicApp(
  options: {
    config?: Config;
    inFlight?: InFlightBytes;
    unproven?: UnprovenRoom;
    limits?: Partial<Record<LimitName, number>>;
    hasRoom?: (share: string) => boolean;
    takeTurn?: TakeTurn;
    authenticator?: Authenticator;
  } = {},
): {
  app: RequestListener;
  fakePut: FakePut;
  faults: unknown[];
  /** The limits that were met. */
  met: readonly LimitName[];
} {
  const fakePut = new FakePut();
  const faults: unknown[] = [];
  const { limits, met } = testLimits(options.limits);
  const inFlight = options.inFlight ?? new InFlightBytes(256 * 1_048_576);
  const app = createPublicApp({
    putEntries: fakePut.put,
    config: () => options.config ?? sampleConfig({}),
    identity: IDENTITY,
    rooms: {
      limit: limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: options.unproven ?? new UnprovenRoom(inFlight.unprovenLimitBytes, () => undefined),
    },
    limits,
    authenticator: options.authenticator ?? allowEverybody(),
    hasRoom: options.hasRoom ?? (() => true),
    takeTurn: options.takeTurn ?? (() => Promise.resolve(() => undefined)),
    report: (error) => faults.push(error),
  });
  return { app, fakePut, faults, met };
}
