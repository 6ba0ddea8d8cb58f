/** Hears of what becomes of messages over the SQS API. Each `queue` is one of the configuration, or was when it was asked for. */
export interface QueueObserver {
  /** So many are stored. */
  sent(queue: string, count: number): void;
  /** So many were not stored: their ids were sent before. */
  duplicated(queue: string, count: number): void;
  /** A receive was answered. @param ageSeconds of each message since it was sent; none where nothing came */
  received(queue: string, ageSeconds: readonly number[]): void;
  deleted(queue: string, count: number): void;
  /** Whoever had received them has given them back before their time. */
  givenBack(queue: string, count: number): void;
  /** A move job has moved them out of the queue. */
  moved(queue: string, count: number): void;
  /** A request, or an entry of one, was refused. @param reason the short code of its error, such as `OverLimit` */
  refused(queue: string, reason: string): void;
}
