import type { ReportFault } from "../http/answer.ts";
import { QueueRefusedError } from "../../ports/inspector.ts";
import { HttpProblem } from "../http/errors.ts";

/**
 * What the broker answers. What a queue refuses now and later is a conflict (409), which says why. Whatever else the
 * broker cannot do is reported, and is no fault of the request: that gets 503.
 */
export async function askBroker<Answer>(question: Promise<Answer>, report: ReportFault): Promise<Answer> {
  try {
    return await question;
  } catch (cause) {
    if (cause instanceof HttpProblem) throw cause;
    if (cause instanceof QueueRefusedError) throw new HttpProblem(409, cause.message, { cause });
    report(cause);
    throw new HttpProblem(503, "the broker did not answer", { retryAfterSeconds: 1, cause });
  }
}

/** The answer to a request that there is no connection for. */
export function disconnected(): HttpProblem {
  return new HttpProblem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
}

/**
 * The same question to several queues. One that refuses is listed with its problem, and keeps nothing from being
 * said of the others.
 */
export async function askQueues<Facts extends object>(
  names: readonly string[],
  question: (name: string) => Promise<Facts>,
): Promise<readonly (Facts | { readonly problem: string })[]> {
  return Promise.all(
    names.map(async (name) => {
      try {
        return { name, ...(await question(name)) };
      } catch (error) {
        if (error instanceof QueueRefusedError) return { name, problem: error.message };
        throw error;
      }
    }),
  );
}
