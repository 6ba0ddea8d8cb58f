import { eventually } from "../../../test/contract/waiting.ts";
import { JOURNAL } from "../../../src/domain/queue/queues.ts";
import type { Management } from "../management.ts";

/** The name of the routers' connection that carries the journal and nothing else. */
const JOURNAL_CONNECTION = "busbar journal";
const ALL = ".*";
const ALL_BUT_THE_JOURNAL = "^(?!busbar\\.journal$).*";

/** What a person does that is bad for the journal and nobody else, and how it is put right. */
export interface Trouble {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly end: () => Promise<unknown>;
}

/** @param user the routers' user. */
export function journalTroubles(management: Management, user: string): readonly Trouble[] {
  const nothing = (): Promise<void> => Promise.resolve();
  const deleteJournal = (): Promise<void> => management.deleteQueue(JOURNAL);
  const takeName = (): Promise<void> =>
    eventually("the journal's name is taken", async () => {
      // The routers may be quicker, and make the stream again.
      await deleteJournal();
      return await management.declareQueue(JOURNAL, "classic");
    });
  const closeConnection = (): Promise<void> =>
    eventually("the journal's connection is closed", async () => {
      return (await management.closeConnections(JOURNAL_CONNECTION)) > 0;
    });
  return [
    { name: "deleted", begin: deleteJournal, end: nothing },
    { name: "name taken", begin: takeName, end: deleteJournal },
    {
      // RabbitMQ asks for no permission on a queue to write to it, but on the exchange, which carries all else as well.
      name: "forbidden",
      begin: async () => {
        await management.allow(user, ALL_BUT_THE_JOURNAL);
        await deleteJournal();
      },
      end: () => management.allow(user, ALL),
    },
    // The last one: RabbitMQ lists a connection only some seconds after it was made.
    { name: "connection closed", begin: closeConnection, end: nothing },
  ];
}
