import type { LinesPage, LinesQuery } from "../../../../ports/functions/function-logs.ts";
import type { OperationCall } from "../../service.ts";
import { logsError } from "./errors.ts";
import type { LogsApi } from "./log-group.ts";

/**
 * Reads a page of lines by time. Who follows a log so asks next for what is newer than the newest line that came; so lines
 * are shown once no router can still write older ones.
 *
 * @throws AwsError `ServiceUnavailableException` where they cannot be read now.
 */
export function readLines(
  { functionLines, linesLateMs, nowMs }: LogsApi,
  call: OperationCall,
  query: LinesQuery,
): Promise<LinesPage> {
  const untilMs = Math.min(query.untilMs ?? Infinity, nowMs() - linesLateMs);
  return readInTurn(call, () => functionLines.read({ ...query, untilMs }));
}

/** Reads lines. @throws AwsError `ServiceUnavailableException` where they cannot be read now */
export async function readInTurn<Page>({ endTurn }: OperationCall, read: () => Promise<Page>): Promise<Page> {
  endTurn();
  try {
    return await read();
  } catch (cause) {
    const message = "The lines of functions cannot be read now.";
    throw logsError("ServiceUnavailableException", message, { retryAfterSeconds: 1, cause });
  }
}
