import { readTlsFiles } from "../config/live/live-certificate.ts";
import type { Config } from "../domain/config.ts";
import type { JournalConfig } from "../domain/journal/journal-config.ts";
import { openRabbitMqJournalWriter } from "../edge/rabbitmq/journal/journal-writer.ts";
import { openSqliteJournalWriter } from "../edge/sqlite/journal/journal-writer.ts";
import type { JournalBounds, JournalWriter } from "../ports/journal.ts";
import type { Shared } from "./shared.ts";

type OpenWriter = (bounds: JournalBounds, shared: Shared) => Promise<JournalWriter>;

/**
 * Returns what is to be called with each configuration: the journal is written as long as it has a section for it.
 * Nobody waits for the journal to open, since no event depends on it.
 */
export function startJournal(shared: Shared, open: OpenWriter = openWriter): (config: Config) => void {
  const { observation, lifecycle, report } = shared;
  const { journal } = observation;
  let wanted: JournalConfig | undefined;
  let writer: JournalWriter | undefined;
  let settled = Promise.resolve();

  const settle = async (): Promise<void> => {
    if (wanted !== undefined && writer === undefined) {
      writer = await open({ bytesMax: wanted.bytesMax, ageMsMax: wanted.ageMsMax }, shared);
      journal.writeTo(writer);
    } else if (wanted === undefined && writer !== undefined) {
      const closing = writer;
      writer = undefined;
      await journal.end();
      await closing.close();
    }
  };
  // One after the other: a close takes as long as the last frames do, and would end the journal that a reload opens meanwhile.
  const follow = (config: JournalConfig | undefined): Promise<void> => {
    wanted = config;
    settled = settled.then(settle).catch(report);
    return settled;
  };
  lifecycle.onStop("journal", () => follow(undefined));
  return ({ journal: config }) => void follow(config);
}

async function openWriter(bounds: JournalBounds, { settings, observation }: Shared): Promise<JournalWriter> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const fault = (message: string, error: unknown): void => observation.brokerEvents.fault(message, error);
  if (urls === "embedded") return openSqliteJournalWriter({ folder: settings.data, bounds, fault });
  return openRabbitMqJournalWriter({ urls, tls: await readTlsFiles({ ca, cert, key }), bounds, fault });
}
