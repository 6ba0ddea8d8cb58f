/** The longest record, in bytes. */
export const LOG_RECORD_BYTES_MAX = 64 * 1024;
/** About how many bytes the log keeps. Beyond them it drops the oldest records. */
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** A small durable log that all routers share, for what operators decide while routers run. Routers keep nothing themselves. */
export interface ControlLog {
  /** Resolves when the record is durable. @throws PublishError */
  append(record: Buffer): Promise<void>;
  /**
   * Calls the listener with every record in order, from the oldest that is kept, and then with each that any router
   * appends. Resolves once the listener has everything that was confirmed before the call. Goes on after a reconnect,
   * and then neither repeats a record nor leaves one out.
   */
  follow(listener: (record: Buffer) => void): Promise<void>;
}
