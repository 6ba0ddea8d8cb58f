import type { JournalReader, JournalWriter } from "../../../src/ports/journal.ts";
import { JOURNAL } from "../../../src/domain/queue/queues.ts";
import { openRabbitMqJournalReader } from "../../../src/edge/rabbitmq/journal/journal-reader.ts";
import { openRabbitMqJournalWriter } from "../../../src/edge/rabbitmq/journal/journal-writer.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { JournalFixture } from "../journal/journal-case.ts";
import { journalContract } from "../journal/journal-contract.ts";
import { waitingForConnection } from "../journal/waiting-writer.ts";
import { within } from "../waiting.ts";

journalContract("RabbitMQ", async (t, bounds): Promise<JournalFixture> => {
  const urls = [await freshVhost(t)];
  const opened: (JournalReader | JournalWriter)[] = [];
  t.after(() => within("closed", Promise.all(opened.map((each) => each.close()))));
  const fault = (message: string, error: unknown): void => {
    throw new Error(message, { cause: error });
  };
  return {
    async openWriter() {
      const writer = await openRabbitMqJournalWriter({ urls, stream: JOURNAL, bounds, fault });
      opened.push(writer);
      return waitingForConnection(writer);
    },
    async openReader() {
      const reader = await openRabbitMqJournalReader({ urls, fault });
      opened.push(reader);
      return reader;
    },
  };
});
