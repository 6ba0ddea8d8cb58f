import { Slots } from "../../async/slots.ts";
import { readTlsFiles } from "../../config/live/live-certificate.ts";
import type { Config } from "../../domain/config.ts";
import { FUNCTION_LOGS } from "../../domain/queue/queues.ts";
import { openRabbitMqJournalWriter } from "../../edge/rabbitmq/journal/journal-writer.ts";
import { rabbitMqLogFrames } from "../../edge/rabbitmq/journal/log-frames.ts";
import { openSqliteJournalWriter } from "../../edge/sqlite/journal/journal-writer.ts";
import { openSqliteLogFrames } from "../../edge/sqlite/journal/log-frames.ts";
import { KeptFunctionLines } from "../../flow/logs/kept-function-lines.ts";
import type { FunctionLines, LogFrames } from "../../ports/functions/function-logs.ts";
import type { JournalBounds, JournalWriter } from "../../ports/journal.ts";
import type { Shared } from "../shared.ts";
import { boundsOf, followedWriter } from "./followed-writer.ts";

/** How many readings of lines a router has at once. Each is a connection to RabbitMQ. */
const READINGS_MAX = 4;
/** How long a line takes to the broker at most where nothing is wrong: lines are sent four times a second. */
const LINES_LATE_MS = 1_000;

/** Lines of functions being kept, and read. */
export interface FunctionLogs {
  readonly functionLines: FunctionLines;
  /** How long a line of another router may be on its way here; 0 where there is no other. */
  readonly linesLateMs: number;
  /** Keeps them as long as the configuration says so. */
  readonly follow: (config: Config) => void;
}

export function startFunctionLogs(shared: Shared): FunctionLogs {
  const { observation, lifecycle, report, config } = shared;
  const open = (bounds: JournalBounds): Promise<JournalWriter> => openWriter(bounds, shared);
  const follow = followedWriter({ open, frames: observation.keptLines, report });
  lifecycle.onStop("function logs", () => follow(undefined));
  void follow(boundsOf(config().logs));
  return { ...functionLinesOf(shared), follow: ({ logs }) => void follow(boundsOf(logs)) };
}

/** The lines of all routers' functions, for those who read them. */
function functionLinesOf(shared: Shared): Pick<FunctionLogs, "functionLines" | "linesLateMs"> {
  const { config, settings, lifecycle } = shared;
  const stop = new AbortController();
  let opening: Promise<LogFrames> | undefined;
  // Only once somebody reads them: on the embedded broker it is a thread.
  const open = (): Promise<LogFrames> => {
    opening ??= openFrames(shared).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  lifecycle.onStop("reading of function logs", async () => {
    stop.abort();
    await (await opening)?.close();
  });
  return {
    functionLines: new KeptFunctionLines({
      isOn: () => config().logs !== undefined,
      open,
      slots: new Slots(() => READINGS_MAX),
      stop: stop.signal,
    }),
    linesLateMs: settings.broker === "embedded" ? 0 : LINES_LATE_MS,
  };
}

async function openFrames({ settings }: Shared): Promise<LogFrames> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  if (urls === "embedded") return openSqliteLogFrames(settings.data);
  return rabbitMqLogFrames({ urls, tls: await readTlsFiles({ ca, cert, key }) });
}

async function openWriter(bounds: JournalBounds, { settings, observation }: Shared): Promise<JournalWriter> {
  const { broker: urls, brokerCaFile: ca, brokerCertFile: cert, brokerKeyFile: key } = settings;
  const fault = (message: string, error: unknown): void => observation.brokerEvents.fault(message, error);
  if (urls === "embedded")
    return openSqliteJournalWriter({ folder: settings.data, file: "logs.sqlite", bounds, fault });
  const tls = await readTlsFiles({ ca, cert, key });
  return openRabbitMqJournalWriter({ urls, tls, stream: FUNCTION_LOGS, bounds, fault });
}
