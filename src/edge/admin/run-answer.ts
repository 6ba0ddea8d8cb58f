import type { Response } from "express";
import type { RunControl } from "../../ports/dead-letters.ts";
import type { ReportFault } from "../http/answer.ts";

export const RUN_CONTENT_TYPE = "application/x-ndjson";

/** How often a caller reads how far its run is. It also keeps proxies from closing an answer that is silent. */
const PROGRESS_MS = 2_000;

/**
 * Answers with the JSON lines of a run, which may take hours: every two seconds one that says how far it is, and one
 * with what it came to at the end. When the caller has gone the run ends: nobody would read what it does. An answer that
 * ends without the last line is broken off.
 *
 * @param begin resolves with the last line.
 */
export async function answerRun<Progress extends object>(
  response: Response,
  begin: (control: RunControl<Progress>) => Promise<object>,
  report: ReportFault,
): Promise<void> {
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  response.writeHead(200, { "content-type": RUN_CONTENT_TYPE });
  response.flushHeaders();
  let latest: object = { looked: 0 };
  const timer = setInterval(() => {
    // A caller that does not read finds fewer lines later.
    if (!response.writableNeedDrain) response.write(lineOf(latest));
  }, PROGRESS_MS);
  try {
    const last = await begin({ signal: leaving.signal, reached: (progress) => (latest = progress) });
    response.end(lineOf(last));
  } catch (error) {
    report(error);
    response.destroy();
  } finally {
    clearInterval(timer);
  }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
