import { INVISIBLE_MS_MAX } from "../../../../ports/broker/holds.ts";
import type { HoldBook } from "./hold-book.ts";
import type { HoldChannel } from "../receiving/hold-channel.ts";
import type { HoldChange, ChangeOutcome } from "../routers/hold-messages.ts";

/**
 * Deletes, hides and gives back what this router holds. Resolves when the broker has it, with an outcome for each: `gone`
 * also for what was held over a channel that was lost meanwhile, for what has moved, and for a deleted message of which
 * there may be copies elsewhere.
 */
export async function settleHeld(book: HoldBook, changes: readonly HoldChange[]): Promise<readonly ChangeOutcome[]> {
  const settled = changes.map((change) => settleOne(book, change));
  const channels = [...new Set(settled.flatMap(({ channel }) => channel ?? []))];
  const arrived = await Promise.all(channels.map((channel) => channel.barrier()));
  const lost = new Set(channels.filter((_, index) => arrived[index] === false));
  return settled.map(({ outcome, channel }) => (channel !== undefined && lost.has(channel) ? "gone" : outcome));
}

/** The channel is there where something was sent over it. */
interface Settled {
  readonly outcome: ChangeOutcome;
  readonly channel?: HoldChannel;
}

function settleOne(book: HoldBook, { number, fingerprint, invisibleMs }: HoldChange): Settled {
  const hold = book.find(number, fingerprint);
  if (hold === undefined) return { outcome: "gone" };
  const { channel } = hold;
  if (invisibleMs === undefined) {
    book.delete(hold);
    // Who asks has all routers delete what nobody has, and so the copies as well.
    return { outcome: hold.mayHaveCopies ? "gone" : "deleted", channel };
  }
  if (invisibleMs === 0) {
    book.giveBack(hold);
    return { outcome: "changed", channel };
  }
  const visibleAtMs = performance.now() + invisibleMs;
  if (visibleAtMs > hold.receivedAtMs + INVISIBLE_MS_MAX) return { outcome: "too-long" };
  book.hide(hold, visibleAtMs);
  return { outcome: "changed" };
}
