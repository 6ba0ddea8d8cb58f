import type { Request } from "express";
import type { Config } from "../../domain/config.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../domain/queue/queues.ts";
import { HttpProblem } from "../http/errors.ts";

/** The queues that people look into: the configured ones, and two of ours, where they look for what went wrong. */
export function openQueues({ queues }: Config): readonly string[] {
  return [...queues.keys(), DEAD_LETTER_QUEUE, PARKED_QUEUE];
}

/** The open queue that a request's path names. A message taken from any other would be lost to its function. */
export function queueOf({ params }: Request, config: Config): string {
  const name = params["queue"];
  if (typeof name === "string" && openQueues(config).includes(name)) return name;
  throw new HttpProblem(
    404,
    `there is no queue "${String(name)}": it must be configured, or be ${DEAD_LETTER_QUEUE} or ${PARKED_QUEUE}`,
  );
}
