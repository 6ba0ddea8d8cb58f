import { z } from "zod";
import { parseJson } from "../../../../json/json.ts";

/** What one router asks another to do with what that one holds: `invisibleMs` absent deletes it. */
const change = z.object({
  number: z.number().int(),
  fingerprint: z.string().max(24),
  invisibleMs: z.number().int().nonnegative().optional(),
});

const outcome = z.enum(["deleted", "changed", "too-long", "gone"]);

/** How many changes one question has. */
export const CHANGES_MAX = 100;

const schema = z.discriminatedUnion("type", [
  /** To one router: change these. The answer goes to the session that asks. */
  z.object({ type: z.literal("change"), ask: z.string(), from: z.string(), changes: z.array(change).max(CHANGES_MAX) }),
  /** The answer, an outcome for each change. */
  z.object({ type: z.literal("changed"), ask: z.string(), outcomes: z.array(outcome).max(CHANGES_MAX) }),
  /** To all: these messages are deleted, whoever meets them. */
  z.object({ type: z.literal("deleted"), fingerprints: z.array(z.string().max(24)).max(CHANGES_MAX) }),
  /**
   * To all: what was sent to the queue before that time is deleted, epoch milliseconds; with `isPurge` also what is in hand,
   * whenever that was sent. `purgedBeforeMs` is of a purge of before, for a router that has not heard of it.
   */
  z.object({
    type: z.literal("cleared"),
    queue: z.string(),
    sentBeforeMs: z.number(),
    isPurge: z.boolean().optional(),
    purgedBeforeMs: z.number().optional(),
  }),
  /**
   * To all: whoever has one of these messages in `busbar.sqs.held` hides it, and answers at the address. Routers of earlier versions
   * do not say by which receipt.
   */
  z.object({
    type: z.literal("hide-moved"),
    ask: z.string(),
    from: z.string(),
    changes: z
      .array(
        z.object({
          fingerprint: z.string().max(24),
          visibleAtMs: z.number(),
          askedAtMs: z.number(),
          receivedAs: z.string().max(64).optional(),
        }),
      )
      .max(CHANGES_MAX),
  }),
  /** The first answer: those that the router has, and how many consumers of `busbar.sqs.held` it is. */
  z.object({
    type: z.literal("moved-seen"),
    ask: z.string(),
    consumers: z.number().int().nonnegative(),
    fingerprints: z.array(z.string().max(24)).max(CHANGES_MAX),
  }),
  /** The second one, for each message that somebody has. */
  z.object({ type: z.literal("moved-hidden"), ask: z.string(), fingerprint: z.string().max(24), outcome }),
  /** To all, from a router that has begun to listen: say what was deleted before, by messages of the types above. */
  z.object({ type: z.literal("ask-deleted"), ask: z.string(), from: z.string() }),
  /** The end of an answer, from a router that is so many consumers of `busbar.sqs.held`. */
  z.object({ type: z.literal("deleted-told"), ask: z.string(), consumers: z.number().int().nonnegative() }),
]);

export type HoldMessage = z.output<typeof schema>;
export type HoldChange = z.output<typeof change>;
export type ChangeOutcome = z.output<typeof outcome>;

/** The mark that every message of this kind begins with. It has the version of the layout. */
const MARK = Buffer.from("busbar-holds/1\n");

export function encodeHoldMessage(message: HoldMessage): Buffer {
  return Buffer.concat([MARK, Buffer.from(JSON.stringify(message))]);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeHoldMessage(bytes: Buffer): HoldMessage | undefined {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  return schema.safeParse(parseJson(bytes.toString("utf8", MARK.length))).data;
}
