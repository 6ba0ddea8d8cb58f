import { HEADER } from "../../../../domain/delivery/headers.ts";
import type { Received } from "../../../../domain/queue/message.ts";
import type { Browsed, Browsing } from "../../../../ports/broker/inspector.ts";
import { fingerprintOf } from "../book/receipt.ts";
import type { DeletedMessages } from "./deleted-messages.ts";

/** A browse that removes what was deleted while no router held it, and does not show it: moved on, it would be another message. */
export function withoutDeleted(browsing: Browsing, queue: string, deleted: Pick<DeletedMessages, "has">): Browsing {
  const isDeleted = ({ message }: Browsed): boolean => deleted.has(deletableOf(queue, message));
  return {
    get met() {
      return browsing.met;
    },
    next: async (limit) => {
      for (;;) {
        const browsed = await browsing.next(limit);
        const left: Browsed[] = [];
        for (const each of browsed) {
          if (isDeleted(each)) await each.remove();
          else left.push(each);
        }
        if (left.length > 0 || browsed.length === 0) return left;
      }
    },
    end: () => browsing.end(),
  };
}

function deletableOf(queue: string, message: Received) {
  const sentAt = message.headers[HEADER.sentAt];
  const sentAtMs = typeof sentAt === "number" ? sentAt : undefined;
  return { queue, fingerprint: fingerprintOf(queue, message), sentAtMs };
}
