/** A queue as the broker must have it. */
export interface QueueDeclaration {
  readonly name: string;
  /** Ours are made with our arguments; a configured queue that exists is taken as found. */
  readonly owner: "busbar" | "user";
  /** One consumer at a time over all routers, with another taking over when it goes. */
  readonly singleActiveConsumer?: boolean;
}
