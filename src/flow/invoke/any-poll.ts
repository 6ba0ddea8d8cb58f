import type { TakenPoll, WaitingPolls } from "../functions/waiting-polls.ts";

/** Where polls are: at this router, and at others. */
export interface PollSources {
  readonly polls: Pick<WaitingPolls, "tryTake" | "take" | "isFull">;
  readonly elsewhere: {
    /** A poll at another router, as soon as one has one; undefined when `over` fires before. Never rejects. */
    find(functionName: string, over: AbortSignal): Promise<TakenPoll | undefined>;
  };
}

/**
 * Takes a poll of a function, wherever its environment is connected: one that waits here at once, else the first that comes
 * here or at another router.
 *
 * @param over is fired as soon as there is one.
 * @returns undefined when none came, and `full` when too many callers wait already.
 */
export async function anyPoll(
  functionName: string,
  { polls, elsewhere }: PollSources,
  over: AbortController,
): Promise<TakenPoll | "full" | undefined> {
  const here = polls.tryTake(functionName);
  if (here !== undefined) return here;
  // Asked before any other router is: who is refused costs those nothing.
  if (polls.isFull(functionName)) return "full";
  const waiting = [polls.take(functionName, over.signal), elsewhere.find(functionName, over.signal)];
  const { promise, resolve } = Promise.withResolvers<TakenPoll | "full" | undefined>();
  let isEnded = false;
  for (const each of waiting) {
    void each.then((taken) => {
      if (taken === undefined) return;
      // Both may have come at the same time: the other waits on, for somebody else.
      if (isEnded && taken !== "full") taken.done(false);
      isEnded = true;
      resolve(taken);
      over.abort();
    });
  }
  void Promise.all(waiting).then(() => resolve(undefined));
  return promise;
}
