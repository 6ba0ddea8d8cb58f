import { z } from "zod";
import type { Message, Received } from "../../domain/queue/message.ts";
import { SCHEDULES_QUEUE } from "../../domain/queue/queues.ts";
import { markedJson } from "../../json/marked-json.ts";

/** Up to when everything that was due has been fired. */
export interface Cursor {
  /** Epoch milliseconds. */
  readonly upToMs: number;
  /** Made by a router that started, and not by one that fired: it says only from when schedules count if no other cursor does. */
  readonly isSeed: boolean;
}

const layout = markedJson("busbar-schedules/1");

const cursor = z.object({ upToMs: z.number(), isSeed: z.boolean() });

/** @param id never used before: a message that comes again by itself is known by it. */
export function cursorMessage(id: string, { upToMs, isSeed }: Cursor): Message {
  return { queue: SCHEDULES_QUEUE, id, body: layout.encode({ upToMs, isSeed }), headers: {} };
}

/** Undefined for a message that is no cursor. */
export function readCursor({ body }: Received): Cursor | undefined {
  return cursor.safeParse(layout.decode(body)).data;
}

/** Whether a cursor counts rather than another: the latest one, and of seeds the earliest, where there are only seeds. */
export function countsOver(one: Cursor, other: Cursor): boolean {
  if (one.isSeed !== other.isSeed) return other.isSeed;
  return one.isSeed ? one.upToMs < other.upToMs : one.upToMs > other.upToMs;
}
