import type { JournalReader, JournalWriter } from "../../../src/ports/journal.ts";
import { openRabbitMqJournalReader } from "../../../src/edge/rabbitmq/journal/journal-reader.ts";
import { openRabbitMqJournalWriter } from "../../../src/edge/rabbitmq/journal/journal-writer.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { JournalFixture } from "../journal/journal-case.ts";
import { refusalOf } from "../journal/journal-case.ts";
import { journalContract } from "../journal/journal-contract.ts";
import { eventually, within } from "../waiting.ts";

journalContract("RabbitMQ", async (t, bounds): Promise<JournalFixture> => {
  const urls = [await freshVhost(t)];
  const opened: (JournalReader | JournalWriter)[] = [];
  t.after(() => within("closed", Promise.all(opened.map((each) => each.close()))));
  const fault = (message: string, error: unknown): void => {
    throw new Error(message, { cause: error });
  };
  return {
    async openWriter() {
      const writer = await openRabbitMqJournalWriter({ urls, bounds, fault });
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

/** A writer connects in the background. This one waits for that with its first frame. */
function waitingForConnection(writer: JournalWriter): JournalWriter {
  let isConnected = false;
  return {
    async append(frame) {
      if (isConnected) return await writer.append(frame);
      await eventually("the writer is connected", async () => {
        const appending = writer.append(frame);
        if ((await refusalOf(appending)) === "disconnected") return false;
        isConnected = true;
        await appending;
        return true;
      });
    },
    close: () => writer.close(),
  };
}
