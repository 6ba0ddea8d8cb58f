import { waitFor } from "../../async/time-limit.ts";
import { readTlsFiles } from "../../config/live/live-certificate.ts";
import type { Config } from "../../domain/config.ts";
import { JOURNAL } from "../../domain/queue/queues.ts";
import { openRabbitMqJournalWriter } from "../../edge/rabbitmq/journal/journal-writer.ts";
import { openSqliteJournalWriter } from "../../edge/sqlite/journal/journal-writer.ts";
import type { ReadableJournal } from "../../flow/replay/undelivered/read-successes.ts";
import { openRabbitMqJournalReader } from "../../edge/rabbitmq/journal/journal-reader.ts";
import { openSqliteJournalReader } from "../../edge/sqlite/journal/journal-reader.ts";
import type { JournalBounds, JournalReader, JournalWriter } from "../../ports/journal.ts";
import type { Shared } from "../shared.ts";
import { boundsOf, followedWriter } from "./followed-writer.ts";

const OPEN_MS_MAX = 5_000;

type OpenWriter = (bounds: JournalBounds, shared: Shared) => Promise<JournalWriter>;

/**
 * Returns what is to be called with each configuration: the journal is written as long as it has a section for it. It resolves once the
 * journal is open, or could not be opened.
 */
export function startJournal(shared: Shared, open: OpenWriter = openWriter): (config: Config) => Promise<void> {
  const { observation, lifecycle, report } = shared;
  const follow = followedWriter({ open: (bounds) => open(bounds, shared), frames: observation.journal, report });
  lifecycle.onStop("journal", () => follow(undefined));
  return ({ journal }) => follow(boundsOf(journal));
}

/**
 * Opens the journal before anything is accepted, which would not be in it. No event depends on the journal, so one that takes long is
 * not waited for.
 */
export async function openJournal(shared: Shared): Promise<(config: Config) => void> {
  const follow = startJournal(shared);
  await waitFor(follow(shared.config()), OPEN_MS_MAX);
  return (config) => void follow(config);
}

/** Opens a reader of the journal, in which all routers write. */
export async function openJournalReader({
  settings,
  observation,
}: Pick<Shared, "settings" | "observation">): Promise<JournalReader> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const fault = (message: string, error: unknown): void => observation.brokerEvents.fault(message, error);
  if (urls === "embedded") return openSqliteJournalReader({ folder: settings.data, fault });
  return openRabbitMqJournalReader({ urls, tls: await readTlsFiles({ ca, cert, key }), fault });
}

/** The journal for those who read in it what was delivered. */
export function readableJournal(shared: Shared): ReadableJournal {
  const { journal } = shared.observation;
  return {
    open: () => (journal.isOn ? openJournalReader(shared) : undefined),
    mark: (id) => journal.write({ kind: "mark", atMs: journal.nowMs, id }),
  };
}

async function openWriter(bounds: JournalBounds, { settings, observation }: Shared): Promise<JournalWriter> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const fault = (message: string, error: unknown): void => observation.brokerEvents.fault(message, error);
  if (urls === "embedded")
    return openSqliteJournalWriter({ folder: settings.data, file: "journal.sqlite", bounds, fault });
  const tls = await readTlsFiles({ ca, cert, key });
  return openRabbitMqJournalWriter({ urls, tls, stream: JOURNAL, bounds, fault });
}
