import { readTlsFiles } from "../config/live/live-certificate.ts";
import type { Config } from "../domain/config.ts";
import type { JournalConfig } from "../domain/journal/journal-config.ts";
import { openRabbitMqJournalWriter } from "../edge/rabbitmq/journal/journal-writer.ts";
import { openSqliteJournalWriter } from "../edge/sqlite/journal/journal-writer.ts";
import type { JournalBounds, JournalWriter } from "../ports/journal.ts";
import type { Shared } from "./shared.ts";

/**
 * Returns what is to be called with each configuration: the journal is written as long as it has a section for it.
 * Nobody waits for the journal to open, since no event depends on it.
 */
export function startJournal(shared: Shared): (config: Config) => void {
  const { observation, lifecycle, report } = shared;
  const { journal } = observation;
  let opened: Promise<JournalWriter> | undefined;

  const open = async (config: JournalConfig): Promise<JournalWriter> => {
    const writer = await openWriter({ bytesMax: config.bytesMax, ageMsMax: config.ageMsMax }, shared);
    journal.writeTo(writer);
    return writer;
  };
  const close = async (): Promise<void> => {
    const closing = opened;
    opened = undefined;
    await journal.end();
    await (await closing?.catch(() => undefined))?.close();
  };
  lifecycle.onStop("journal", close);
  return ({ journal: config }) => {
    if (config === undefined) void close().catch(report);
    else (opened ??= open(config)).catch(report);
  };
}

async function openWriter(bounds: JournalBounds, { settings, observation }: Shared): Promise<JournalWriter> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const fault = (message: string, error: unknown): void => observation.brokerEvents.fault(message, error);
  if (urls === "embedded") return openSqliteJournalWriter({ folder: settings.data, bounds, fault });
  return openRabbitMqJournalWriter({ urls, tls: await readTlsFiles({ ca, cert, key }), bounds, fault });
}
