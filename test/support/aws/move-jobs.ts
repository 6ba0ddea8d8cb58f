import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleepFor } from "node:timers/promises";
import { deriveId } from "../../../src/app/process.ts";
import type { Config } from "../../../src/domain/config.ts";
import type { MoveOrder } from "../../../src/domain/job/job.ts";
import type { SqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { Jobs } from "../../../src/flow/jobs/jobs.ts";
import { moveWork } from "../../../src/flow/redrive/move-run.ts";
import type { Observation } from "../../../src/edge/observe/observation.ts";

/** The jobs of one router on the embedded broker that move messages. */
export async function moveJobs(
  broker: SqliteBroker,
  config: Config,
  { observer, queueObserver }: Pick<Observation, "observer" | "queueObserver">,
): Promise<Jobs> {
  const log = new SharedLog(broker, () => assert.fail());
  const common = {
    nowMs: Date.now,
    steadyMs: () => performance.now(),
    sleep: (ms: number, signal: AbortSignal) => sleepFor(ms, undefined, { signal }),
    newId: () => randomUUID(),
  };
  const work = moveWork({ broker, config: () => config, observer: queueObserver, deriveId, ...common });
  const jobs = new Jobs({
    log,
    broadcast: broker,
    isConnected: () => true,
    work: (order, control) => work(order as MoveOrder, control),
    silenceMs: 0,
    heldBackMs: 0,
    tickMs: 100,
    router: "bare",
    observer,
    onError: (error) => assert.fail(String(error)),
    ...common,
  });
  await log.start();
  return jobs;
}
