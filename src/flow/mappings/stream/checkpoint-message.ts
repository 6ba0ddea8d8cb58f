import { z } from "zod";
import type { Message, Received } from "../../../domain/queue/message.ts";
import { markedJson } from "../../../json/marked-json.ts";

/** How far the reading of a partition has come. */
export interface ProgressMark {
  /** Everything before is finished. */
  readonly from: z.output<typeof start>;
  /** The tumbling window that is open there. */
  readonly window?: { readonly startMs: number; readonly state: string } | undefined;
}

/** A mark as it is stored. Whoever has the latest in hand is the one reader over all routers. */
export interface Checkpoint extends ProgressMark {
  /** Each that is stored counts over those before it. */
  readonly sequence: number;
  /** Who stored it. */
  readonly writer: string;
  /** Set where a router made it at its start: it counts only if there is no other. */
  readonly seed?: { readonly atMs: number; readonly isFirst: boolean } | undefined;
}

const start = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("oldest") }),
  z.object({ kind: z.literal("time"), atMs: z.number() }),
  z.object({ kind: z.literal("offset"), offset: z.number() }),
]);

const checkpoint = z.object({
  sequence: z.number(),
  writer: z.string(),
  from: start,
  window: z.object({ startMs: z.number(), state: z.string() }).optional(),
  seed: z.object({ atMs: z.number(), isFirst: z.boolean() }).optional(),
});

const layout = markedJson("busbar-mapping/1");

/** @param id never used before: a message that comes again by itself is known by it. */
export function checkpointMessage(queue: string, id: string, value: Checkpoint): Message {
  return { queue, id, body: layout.encode(value), headers: {} };
}

/** Undefined for a message that is no checkpoint. */
export function readCheckpoint({ body }: Received): Checkpoint | undefined {
  return checkpoint.safeParse(layout.decode(body)).data;
}

/** Whether a checkpoint counts rather than another: the latest one, and of seeds the earliest, where there are only seeds. */
export function checkpointCountsOver(one: Checkpoint, other: Checkpoint): boolean {
  if (one.seed !== undefined && other.seed !== undefined) return one.seed.atMs < other.seed.atMs;
  if (one.seed !== undefined || other.seed !== undefined) return other.seed !== undefined;
  return one.sequence > other.sequence;
}
