import type { ReportFault } from "../answer.ts";
import { Problem } from "../errors.ts";

/** What the broker answers. Whatever it cannot do now is reported, and is no fault of the request: that gets 503. */
export async function askBroker<Answer>(question: Promise<Answer>, report: ReportFault): Promise<Answer> {
  try {
    return await question;
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    report(cause);
    throw new Problem(503, "the broker did not answer", { retryAfterSeconds: 1, cause });
  }
}

/** The answer to a request that there is no connection for. */
export function disconnected(): Problem {
  return new Problem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
}
