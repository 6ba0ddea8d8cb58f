import type { QueueAnswer } from "../../../../src/admin-api/queues/queues.ts";

const ORIGINS: Readonly<Record<QueueAnswer["origin"], string>> = { file: "a file", api: "the API", busbar: "Busbar" };

/** Where a queue comes from: the place in a file, or who made it. */
export function originText({ origin, place }: Pick<QueueAnswer, "origin" | "place">): string {
  return place ?? ORIGINS[origin];
}
