import type { Retention } from "../archive/archive.ts";

/** A queue as the broker must have it. RabbitMQ cannot change a queue's properties: what is here never depends on configuration. */
export interface QueueDeclaration {
  readonly name: string;
  /** Ours are made with our properties. A user's queue that exists is taken as found. */
  readonly owner: "busbar" | "user";
  /** The broker serves one consumer at a time, over all routers. The next one takes over when that one ends. */
  readonly singleActiveConsumer: boolean;
  /** Whoever consumes it gives back what it holds in the order in which it came. */
  readonly keepsOrder?: true;
  /** Undefined for queues that people browse, and for users' queues: there a message is never moved on. */
  readonly parking: Parking | undefined;
  /** Set for streams, those of archives among them: what is in one is read, and kept for so long. */
  readonly retention?: Retention;
}

/** What becomes of a message that routers do not survive. */
export interface Parking {
  /** How often a message may crash its consumer and still be handed out again. */
  readonly crashesMax: number;
  /** Where the message goes after that. */
  readonly queue: string;
}
