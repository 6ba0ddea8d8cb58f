import type { Message, Received } from "../../domain/queue/message.ts";
import { alone, membersOf } from "../../domain/queue/pack.ts";
import type { Browsed, Browsing } from "../../ports/broker/inspector.ts";

/** A pack that was met, and those of its members that were not removed. */
interface Opened {
  readonly pack: Browsed;
  readonly members: readonly Received[];
  readonly left: Set<Received>;
}

/**
 * A browse that meets deliveries and no packs. A pack is removed with its last member. Where some of its members stay,
 * they are stored alone at the end, before the pack is removed. What cannot be stored goes back with its pack, and what
 * was removed of it with it: rather twice than never.
 *
 * @param store resolves when the messages are stored, and rejects when they cannot be for so long that no caller waits.
 */
export function browsingMembers(browsing: Browsing, store: (messages: readonly Message[]) => Promise<void>): Browsing {
  const all: Opened[] = [];
  const open = (browsed: Browsed): readonly Browsed[] => {
    const members = membersOf(browsed.message);
    if (members === undefined) return [browsed];
    const opened: Opened = { pack: browsed, members, left: new Set(members) };
    all.push(opened);
    return members.map((message) => ({ message, remove: () => removeMember(message, opened) }));
  };
  return {
    get met() {
      return browsing.met;
    },
    next: async (limit) => (await browsing.next(limit)).flatMap(open),
    end: async () => {
      try {
        await removeOpened(all.splice(0), store);
      } finally {
        await browsing.end();
      }
    },
  };
}

/** Ends at the first pack that is not stored: each of the others would wait as long. */
async function removeOpened(opened: readonly Opened[], store: (messages: readonly Message[]) => Promise<void>) {
  for (const { pack, members, left } of opened) {
    if (left.size === members.length || left.size === 0) continue;
    await store([...left].map(alone));
    await pack.remove();
  }
}

async function removeMember(member: Received, { pack, left }: Opened): Promise<void> {
  left.delete(member);
  if (left.size === 0) await pack.remove();
}
