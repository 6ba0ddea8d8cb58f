import type { DeadLetterQuery, RedriveAnswer } from "../../admin-api/dead-letters.ts";
import type { AdminClient } from "./admin-client.ts";
import { CommandError } from "../command-error.ts";
import type { Progress } from "../output/progress.ts";
import { inOneLine } from "../output/escape.ts";
import { counted } from "../output/format.ts";

/** The result of a finished redrive. */
export type RedriveTotals = Pick<RedriveAnswer, "redriven" | "unredrivable" | "examples">;

/**
 * Has the router redrive, and shows the progress. After a redrive that broke off, the same command redrives the rest.
 *
 * @throws CommandError when the redrive did not finish.
 */
export async function runRedrive(
  queue: string,
  query: DeadLetterQuery,
  client: AdminClient,
  progress: Progress,
): Promise<RedriveTotals> {
  let soFar = 0;
  const reached = (redriven: number): void => progress.reached((soFar = redriven));
  try {
    const { end, problem, looked, redriven, unredrivable, examples } = await client
      .redriveDeadLetters(queue, query, reached)
      .catch((cause: unknown) => {
        throw stopped(cause instanceof Error ? cause.message : String(cause), soFar);
      });
    if (end === "finished") return { redriven, unredrivable, examples };
    throw stopped(problem ?? outOfTime(looked), redriven);
  } finally {
    progress.end();
  }
}

/** Why a run ended that neither finished nor failed. */
export function outOfTime(looked: number): string {
  return `the time was up after ${counted(looked, "message")}, and the router removed none in 20 minutes`;
}

function stopped(why: string, redriven: number): CommandError {
  return new CommandError(
    `${inOneLine(why)}\n${redriven} redriven so far, nothing is lost: run the same command again to go on`,
  );
}
