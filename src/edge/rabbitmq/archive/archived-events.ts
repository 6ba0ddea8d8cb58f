import type { ConsumeMessage } from "amqplib";
import { countHeader } from "../../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";
import type { Received } from "../../../domain/queue/message.ts";
import { membersOf } from "../../../domain/queue/pack.ts";
import type { ArchivedEvent } from "../../../ports/broker/archive.ts";
import { received } from "../publishing/message.ts";
import { offsetOf } from "../streams/stream.ts";

/**
 * Places that each message of a stream has, since it may be a pack: more than a pack has members. A place is the offset of
 * the message times this, and the number of the member. An archive has places for 2^39 messages of one stream
 * (flow/archive): 17 years with 1,000 messages a second.
 */
const PLACES_EACH = 16;

/** The events of a message, in their order: one, unless it is a pack. */
export function archivedEvents(message: ConsumeMessage): readonly ArchivedEvent[] {
  const first = offsetOf(message) * PLACES_EACH;
  const single = received("", message);
  const members = membersOf(single);
  // One with more members, which nobody of ours makes, is as unreadable as one that is not whole.
  if (members === undefined || members.length > PLACES_EACH) return [archivedEvent(single, first)];
  return members.map((member, index) => archivedEvent(member, first + index));
}

function archivedEvent({ headers, body }: Received, position: number): ArchivedEvent {
  return { position, atMs: countHeader(headers[HEADER.firstAt], 0) ?? 0, body };
}

/** The first place of a message. */
export function placeAt(offset: number): number {
  return offset * PLACES_EACH;
}

/** The offsets of the messages that have places of a range. */
export function offsetsOf({ from, to }: { readonly from: number; readonly to: number }): {
  readonly from: number;
  readonly to: number;
} {
  return { from: Math.floor(from / PLACES_EACH), to: Math.ceil(to / PLACES_EACH) };
}
