import type { UnredrivableCounts } from "../../ports/dead-letters.ts";
import type { AdminClient, DeadLetterQuery, RedriveResult } from "./admin-client.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../output/counted.ts";
import type { Progress } from "../output/progress.ts";
import { inOneLine } from "../output/output.ts";

/** What a redrive came to. */
export interface RedriveTotals {
  readonly redriven: number;
  /** Those that stay because they cannot be redriven, by reason. */
  readonly unredrivable: UnredrivableCounts;
  readonly examples: RedriveResult["examples"];
}

/**
 * Has the router redrive, and shows how far it is. Whatever ends it before its end, the same command goes on where it
 * was.
 *
 * @throws CommandError when it could not go on.
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

/** Why a run ended that did not fail. */
export function outOfTime(looked: number): string {
  return `the time was up after ${counted(looked, "message")}, and the router removed none in 20 minutes`;
}

function stopped(why: string, redriven: number): CommandError {
  return new CommandError(
    `${inOneLine(why)}\n${redriven} redriven so far, nothing is lost: run the same command again to go on`,
  );
}
