import type { Stage, StageLoad } from "../stage.ts";

/** How much went on in a second, on the average of a while. */
export interface Pace {
  readonly accepted: number;
  readonly delivered: number;
}

/** The pace of a load and of the deliveries to the healthy function while something goes on. */
export async function paceDuring(stage: Stage, load: StageLoad, goesOn: () => Promise<unknown>): Promise<Pace> {
  const delivered = (): number => stage.functions.succeeded.get("healthy") ?? 0;
  const before = { accepted: load.accepted.size, delivered: delivered(), atMs: performance.now() };
  await goesOn();
  const seconds = (performance.now() - before.atMs) / 1_000;
  return {
    accepted: (load.accepted.size - before.accepted) / seconds,
    delivered: (delivered() - before.delivered) / seconds,
  };
}
