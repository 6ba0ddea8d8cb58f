import type { UnredrivableCounts } from "../core/dead-letters.ts";
import type { AdminClient, DeadLetterQuery, RedrivenSlice } from "./admin-client.ts";
import { CommandError } from "./command-error.ts";
import { counted } from "./counted.ts";
import type { Progress } from "./progress.ts";
import { inOneLine } from "./output.ts";

/** What a redrive came to. */
export interface RedriveTotals {
  readonly redriven: number;
  /** Those that stay because they cannot be redriven, by reason. */
  readonly unredrivable: UnredrivableCounts;
  readonly examples: RedrivenSlice["examples"];
}

/**
 * Has the router redrive slice by slice until everything that was meant at the start is dealt with. Nothing is kept
 * between two slices, so whatever ends it in between, the same command goes on where it was.
 *
 * @throws CommandError when it could not go on.
 */
export async function runRedrive(
  queue: string,
  query: DeadLetterQuery,
  client: AdminClient,
  progress: Progress,
): Promise<RedriveTotals> {
  let redriven = 0;
  let sinceStart: DeadLetterQuery = {};
  for (;;) {
    const slice = await client.redriveDeadLetters(queue, { ...query, ...sinceStart }).catch((cause: unknown) => {
      progress.end();
      throw stopped(cause instanceof Error ? cause.message : String(cause), redriven);
    });
    redriven += slice.redriven;
    progress.reached(redriven);
    // What fails again at once is back in the queue by now, and is not to go round and round.
    if (sinceStart["notRedrivenSince"] === undefined) sinceStart = { notRedrivenSince: slice.startedAt };
    if (slice.end === "finished") {
      progress.end();
      return { redriven, unredrivable: slice.unredrivable, examples: slice.examples };
    }
    if (slice.end === "failed" || slice.redriven === 0) {
      progress.end();
      throw stopped(slice.problem ?? stuck(slice), redriven);
    }
  }
}

function stuck({ looked }: RedrivenSlice): string {
  return `the first ${counted(looked, "message")} of the queue are not meant or stay, and the router looks no further`;
}

function stopped(why: string, redriven: number): CommandError {
  return new CommandError(
    `${inOneLine(why)}\n${redriven} redriven so far, nothing is lost: run the same command again to go on`,
  );
}
