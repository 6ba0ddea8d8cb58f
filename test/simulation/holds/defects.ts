import type { QueueHolds } from "../../../src/ports/broker/holds.ts";
import type { HolderDefect } from "./simulated-holder.ts";

/** The same broker, whose holds are changed in some methods. */
function changed(change: (holds: QueueHolds) => Partial<QueueHolds>): HolderDefect {
  const replaced = <T extends object>(target: T, changes: object): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(name in changes ? changes : target, name);
        return typeof value === "function" && !(name in changes) ? (value.bind(target) as unknown) : value;
      },
    });
  return { broker: (broker) => replaced(broker, { holds: replaced(broker.holds, change(broker.holds)) }) };
}

/** Defects that a router could have, each of which the simulation must find. */
export const HOLD_DEFECTS: Readonly<Record<string, HolderDefect>> = {
  "answers a delete that it has not made": changed(() => ({
    delete: (_queue, receipts) => Promise.resolve(receipts.map(() => "deleted")),
  })),
  "deletes with what it hides": changed((holds) => ({
    hide: async (queue, changes) => {
      await holds.delete(
        queue,
        changes.map(({ receipt }) => receipt),
      );
      return changes.map(() => "changed");
    },
  })),
  "takes each change of visibility for made": changed((holds) => ({
    hide: async (queue, changes) => {
      await holds.hide(queue, changes);
      return changes.map(() => "changed");
    },
  })),
  "hides for half of the time": changed((holds) => ({
    getMany: (queue, options) => holds.getMany(queue, { ...options, invisibleMs: options.invisibleMs / 2 }),
  })),
  "forgets how often a message was received": changed((holds) => ({
    getMany: async (queue, options) => (await holds.getMany(queue, options))?.map((held) => ({ ...held, receives: 1 })),
  })),
  "loses what it receives while it is asked for more": changed((holds) => ({
    getMany: async (queue, options) => {
      const held = await holds.getMany(queue, options);
      if ((held?.length ?? 0) < 2) return held;
      await holds.delete(queue, [held![0]!.receipt]);
      return held!.slice(1);
    },
  })),
};
