import type { ConsumeMessage } from "amqplib";
import type { RecoveringConnection } from "../../connection/connection.ts";
import type { QueueReadingOptions } from "./queue-reading.ts";
import type { WindowBudget } from "./window-budget.ts";

export interface OwnedQueueOptions extends QueueReadingOptions {
  readonly connection: RecoveringConnection;
  /** Whether the queue is to be there. One that is missing is made. */
  readonly isWanted: () => boolean;
  /** Called when it is not: there is no line to stand in. */
  readonly unwanted: () => void;
  /** Resolves when all is known that former owners of what arrives have written and told. Rejects where that cannot be had. */
  readonly caughtUp: (arrived: () => readonly ConsumeMessage[]) => Promise<void>;
  /** Called when this router has become the owner. */
  readonly owned: () => void;
  /** Called with how many messages are visible again that nobody deleted in their time. */
  readonly visibleAgain: (count: number) => void;
  /** Of all queues that this router owns. */
  readonly budget: WindowBudget;
}
