/** Deletes queues of users'. */
export interface QueueRemoval {
  /** No longer makes a queue again after a reconnect, or where it is missing. One that is there stays. */
  forget(queue: string): void;
  /**
   * Deletes a queue with everything in it, be it visible, in somebody's hands or delayed, and forgets it. A queue that is not
   * there is deleted. Another router that has not forgotten it may make it again.
   *
   * @throws QueueRefusedError
   */
  remove(queue: string): Promise<void>;
}
