import type { Publisher } from "../../../src/ports/broker/publisher.ts";
import type { DueWork } from "../../../src/ports/store/due-work.ts";
import type { Entities } from "../../../src/ports/store/entities.ts";
import type { Scheduler } from "../scheduler.ts";

type ScheduleStore = Entities & DueWork;

/** A defect put between a router's code and what it depends on. */
export interface FirerDefect {
  readonly store?: (store: ScheduleStore) => ScheduleStore;
  readonly broker?: (broker: Publisher) => Publisher;
  readonly deriveId?: (scheduler: Scheduler) => (text: string) => string;
}

/** Defects that a router could have, each of which the simulation must find. */
export const FIRER_DEFECTS: Readonly<Record<string, FirerDefect>> = {
  "settles what the broker did not confirm": {
    broker: (broker) => ({ ...broker, publish: (messages) => broker.publish(messages).catch(() => undefined) }),
  },
  "settles before it publishes": {
    broker: (broker) => ({
      ...broker,
      publish: (messages) => {
        setTimeout(() => void broker.publish(messages).catch(() => undefined), 100);
        return Promise.resolve();
      },
    }),
  },
  "forgets when a schedule is due next": {
    store: (store) => ({
      ...store,
      commit: (changes) =>
        store.commit(
          changes.map((change) => {
            if (change.change !== "settle") return change;
            const { next: _next, ...ended } = change;
            return ended;
          }),
        ),
    }),
  },
  "claims for ever": {
    store: (store) => ({ ...store, claimDue: (kind, limit) => store.claimDue(kind, limit, 86_400_000) }),
  },
  "gives each try an id of its own": {
    deriveId: (scheduler) => (text) => `id of ${text} ${scheduler.chance.next()}`,
  },
  "claims before the time": {
    store: (store) => ({
      ...store,
      commit: (changes) =>
        store.commit(
          changes.map((change) =>
            change.change === "settle" && change.next !== undefined
              ? { ...change, next: { ...change.next, dueAtMs: change.next.dueAtMs - 2_000 } }
              : change,
          ),
        ),
    }),
  },
};
