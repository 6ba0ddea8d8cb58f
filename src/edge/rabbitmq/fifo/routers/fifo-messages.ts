import { z } from "zod";
import { parseJson } from "../../../../json/json.ts";

const time = z.number();
const key = z.string().max(64);
const queue = z.string().max(255);
const session = z.string().max(64);

/** What of a lease travels between routers, and stands in the log. */
export const LEASE = z.object({
  key,
  receives: z.int(),
  session,
  firstReceivedAtMs: time,
  receivedAtMs: time,
  visibleAtMs: time,
  saidAtMs: time,
});

const sent = z.object({
  queue,
  /** A group, an id, and what JSON makes of their characters. */
  key: z.string().max(4_096),
  id: z.string().max(255),
  sequenceNumber: z.string().max(20),
  sentAtMs: time,
});

/** How many leases, records or changes one message has. */
export const FIFO_ITEMS_MAX = 100;
/** How many messages one receive has. */
const RECEIVED_MAX = 100;

const request = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("receive"),
    queue,
    limit: z.int().min(1).max(RECEIVED_MAX),
    bytesMax: z.int(),
    invisibleMs: time,
    retentionMs: time.optional(),
    redrive: z.object({ queue, receivesMax: z.int() }).optional(),
    attemptId: z.string().max(128).optional(),
  }),
  z.object({ do: z.literal("wait"), queue }),
  z.object({
    do: z.literal("change"),
    queue,
    changes: z.array(z.object({ key, receives: z.int(), session, invisibleMs: time.optional() })).max(FIFO_ITEMS_MAX),
  }),
  z.object({ do: z.literal("count"), queue }),
]);

const held = z.object({
  id: z.string(),
  /** In base64. */
  body: z.string(),
  headers: z.record(z.string(), z.unknown()),
  crashes: z.int(),
  receipt: z.string(),
  receives: z.int(),
  sentAtMs: time,
  firstReceivedAtMs: time,
  sequenceNumber: z.string(),
});

const answer = z.discriminatedUnion("is", [
  z.object({ is: z.literal("received"), messages: z.array(held).max(RECEIVED_MAX) }),
  z.object({ is: z.literal("available"), available: z.boolean() }),
  z.object({
    is: z.literal("changed"),
    outcomes: z.array(z.enum(["deleted", "changed", "too-long", "expired", "gone"])),
  }),
  z.object({
    is: z.literal("counted"),
    visible: z.int(),
    invisible: z.int(),
    delayed: z.int(),
    oldestSentAtMs: time.optional(),
  }),
  /** The router does not own the queue, or could not do it. */
  z.object({ is: z.literal("failed"), isOwner: z.boolean() }),
]);

const schema = z.discriminatedUnion("type", [
  /** To one router, from another one's session. */
  z.object({ type: z.literal("ask"), ask: z.string().max(64), from: session, request }),
  z.object({ type: z.literal("answer"), ask: z.string().max(64), answer }),
  /** To all: who asks for the queue asks this session. */
  z.object({ type: z.literal("owner"), queue, session }),
  /** To all: who owns the queue? Without one: who owns any, and what was received of it? */
  z.object({ type: z.literal("who"), queue: queue.optional() }),
  /** To all: who knows leases of messages with these keys? */
  z.object({ type: z.literal("leases-of"), keys: z.array(key).max(FIFO_ITEMS_MAX) }),
  /** To all: whoever becomes the owner adopts these. */
  z.object({ type: z.literal("leases"), leases: z.array(LEASE).max(FIFO_ITEMS_MAX) }),
  /** To all: nobody has got these. Whoever owns the queue makes them visible. */
  z.object({
    type: z.literal("returned"),
    queue,
    receives: z.array(z.object({ key, receives: z.int(), session })).max(RECEIVED_MAX),
  }),
  /** To all: these are stored. */
  z.object({ type: z.literal("sent"), records: z.array(sent).max(FIFO_ITEMS_MAX) }),
  /** To all: what was sent before is deleted. */
  z.object({ type: z.literal("cleared"), queue, atMs: time }),
  /** To all, for the one that sent it: what it hears later was said later. */
  z.object({ type: z.literal("mark"), mark: z.string().max(64) }),
]);

export type FifoMessage = z.output<typeof schema>;
export type FifoRequest = z.output<typeof request>;
export type FifoAnswer = z.output<typeof answer>;
export type FifoHeld = z.output<typeof held>;

/** The mark that every message of this kind begins with. It has the version of the layout. */
const MARK = Buffer.from("busbar-fifo/1\n");

export function encodeFifoMessage(message: FifoMessage): Buffer {
  return Buffer.concat([MARK, Buffer.from(JSON.stringify(message))]);
}

/** Undefined for a message of another kind, and for one that cannot be read. */
export function decodeFifoMessage(bytes: Buffer): FifoMessage | undefined {
  if (!bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  return schema.safeParse(parseJson(bytes.toString("utf8", MARK.length))).data;
}
