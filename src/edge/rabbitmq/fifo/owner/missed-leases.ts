import type { ConsumeMessage } from "amqplib";
import { sleep } from "../../../../async/sleep.ts";
import { fingerprintOf } from "../../holds/book/receipt.ts";
import { received } from "../../publishing/message.ts";
import type { MessageLeases } from "../book/message-leases.ts";
import type { RouterNews } from "../routers/router-news.ts";

/** How long answers are waited for: nobody knows how many routers there are. */
const ANSWERS_MS = 250;

export interface MissedLeasesOptions {
  readonly leases: Pick<MessageLeases, "find">;
  readonly news: Pick<RouterNews, "askLeases">;
  readonly nowMs: number;
}

/**
 * Asks all routers for the leases of messages that a former owner had, as far as this one knows of none whose time runs: it may have
 * started since, or have been cut off. Resolves when what others know is in `leases`.
 */
export async function hearMissedLeases(
  queue: string,
  arrived: readonly ConsumeMessage[],
  { leases, news, nowMs }: MissedLeasesOptions,
): Promise<void> {
  // What comes for the first time was never received.
  const keys = arrived
    .filter(({ fields }) => fields.redelivered)
    .map((raw) => fingerprintOf(queue, received(queue, raw)))
    .filter((key) => (leases.find(key)?.visibleAtMs ?? 0) <= nowMs);
  if (keys.length === 0) return;
  await news.askLeases(keys);
  await sleep(ANSWERS_MS, new AbortController().signal);
}
