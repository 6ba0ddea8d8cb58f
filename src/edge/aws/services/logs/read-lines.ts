import type { LinesPage, LinesQuery } from "../../../../ports/function-logs.ts";
import type { OperationCall } from "../../service.ts";
import { logsError } from "./errors.ts";
import type { LogsApi } from "./log-group.ts";

/**
 * Reads a page of lines. Who follows a log asks next for what is newer than the newest line that came; so lines are shown
 * once no router can still write older ones.
 *
 * @throws AwsError `ServiceUnavailableException` where they cannot be read now.
 */
export async function readLines(
  { functionLines, linesLateMs, nowMs }: LogsApi,
  { endTurn }: OperationCall,
  query: LinesQuery,
): Promise<LinesPage> {
  endTurn();
  const untilMs = Math.min(query.untilMs ?? Infinity, nowMs() - linesLateMs);
  try {
    return await functionLines.read({ ...query, untilMs });
  } catch (cause) {
    const message = "The lines of functions cannot be read now.";
    throw logsError("ServiceUnavailableException", message, { retryAfterSeconds: 1, cause });
  }
}
