import { groupEnds } from "../../flow/schedule/kept/group-end.ts";
import { KeptFirer } from "../../flow/schedule/kept/kept-firer.ts";
import { KeptList } from "../../flow/schedule/kept/kept-list.ts";
import { NO_BOOK, StoredBook } from "../../flow/schedule/kept/stored-book.ts";
import type { ScheduleFirer } from "../../flow/schedule/schedule-firer.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { ScheduleBook } from "../../ports/schedule-book.ts";
import type { Store } from "../../ports/store/store.ts";
import { deriveId, PROCESS } from "../process.ts";
import type { Shared } from "../shared.ts";

/** The schedules of the store: for the operations that change them, and to be fired. */
export interface KeptSchedules {
  readonly book: ScheduleBook;
  /** What the admin API shows of all schedules. */
  readonly list: KeptList;
  /** Fires what is due. The queues of all targets are declared by then. */
  start(): void;
}

interface Firing {
  readonly broker: Broker;
  /** It knows when each was fired last, and takes up what full queues refused. */
  readonly schedules: ScheduleFirer;
}

/** Without a store there are none. */
export function createKeptSchedules(
  store: Store | undefined,
  { broker, schedules }: Firing,
  { config, isHeld, identity, observation: { observer }, lifecycle, report: onError }: Shared,
): KeptSchedules {
  const listOf = (book: ScheduleBook): KeptList => new KeptList(book, identity, schedules.last);
  if (store === undefined) return { book: NO_BOOK, list: listOf(NO_BOOK), start: () => undefined };
  const firer = new KeptFirer({
    store,
    broker,
    config,
    isHeld,
    identity,
    observer,
    last: schedules.last,
    takeUpKept: () => schedules.takePart(),
    deriveId,
    onError,
    ...PROCESS,
  });
  const ends = groupEnds({ store, onError, ...PROCESS });
  const onChange = (): void => {
    firer.wake();
    ends.wake();
  };
  const book = new StoredBook({ store, onChange, ...PROCESS });
  const start = (): void => {
    firer.start();
    ends.start();
    lifecycle.onStop("schedules of the store", async () => {
      book.stop();
      await Promise.all([firer.stop(), ends.stop()]);
    });
  };
  return { book, list: listOf(book), start };
}
