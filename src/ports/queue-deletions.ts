/** Deletes on the broker what was deleted over the API. */
export interface QueueDeletions {
  /** Has a queue deleted that the store says is to be. Resolves when it is, or after a few seconds: it is deleted later then. */
  finish(queue: string): Promise<void>;
}
