import type { ReplayOrder } from "../../../src/domain/replay/replay.ts";
import type { DoWork } from "../../../src/ports/admin/jobs.ts";
import type { ArchiveReader } from "../../../src/ports/broker/archive.ts";
import type { Publisher } from "../../../src/ports/broker/publisher.ts";
import type { Scheduler } from "../scheduler.ts";

type Archives = Pick<ArchiveReader, "extent" | "read">;

/** A defect put between a router's code and what it depends on. */
export interface ReplayDefect {
  readonly archives?: (archives: Archives) => Archives;
  readonly broker?: (broker: Publisher) => Publisher;
  readonly work?: (work: DoWork<ReplayOrder>) => DoWork<ReplayOrder>;
  readonly deriveId?: (scheduler: Scheduler) => (text: string) => string;
}

/** Defects that a router could have, each of which the simulation must find. */
export const REPLAY_DEFECTS: Readonly<Record<string, ReplayDefect>> = {
  "counts what the broker did not confirm": {
    broker: (broker) => ({ ...broker, publish: (messages) => broker.publish(messages).catch(() => undefined) }),
  },
  "counts before it publishes": {
    broker: (broker) => ({
      ...broker,
      publish: (messages) => {
        setTimeout(() => void broker.publish(messages).catch(() => undefined), 500);
        return Promise.resolve();
      },
    }),
  },
  "says that it is further than it is": {
    work: (work) => (order, control) =>
      work(order, {
        ...control,
        reached: (progress, problem) => {
          const { place } = progress;
          const further = place && { ...place, position: place.position + 30 };
          control.reached({ ...progress, place: further }, problem);
        },
      }),
  },
  "goes on with the minute after": {
    work: (work) => (order, control) => {
      const { place } = control.before;
      const before = { ...control.before, place: place && { ...place, minute: place.minute + 1, position: 0 } };
      return work(order, { ...control, before });
    },
  },
  "does not read the archive to its end": {
    archives: ({ extent, read }) => ({
      read,
      extent: async (name) => {
        const found = await extent(name);
        return found && { ...found, end: Math.max(found.first, found.end - 2) };
      },
    }),
  },
  "takes a reading that broke off for a whole one": {
    archives: ({ extent, read }) => ({
      extent,
      read: (...asked) => read(...asked).catch(() => undefined),
    }),
  },
  "sends what is before the window": {
    work: (work) => (order, control) => work({ ...order, fromMs: order.fromMs - 120_000 }, control),
  },
  "gives each try an id of its own": {
    deriveId: (scheduler) => (text) => `id of ${text} ${scheduler.chance.next()}`,
  },
};
