/** What one record of the control log may hold, and about what the whole log keeps: beyond it, the oldest records go. */
export const LOG_RECORD_BYTES_MAX = 64 * 1024;
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** A small durable log that all routers share, for what operators decide while they run. Routers keep nothing themselves. */
export interface ControlLog {
  /** Resolves when the record is durable; rejects with `PublishError`. */
  append(record: Buffer): Promise<void>;
  /**
   * Tells every record in order, from the oldest that is kept, and goes on with each that any router appends. Resolves
   * once all that was confirmed before the call has been told. Survives reconnects: then none is told twice or left out.
   */
  follow(listener: (record: Buffer) => void): Promise<void>;
}
