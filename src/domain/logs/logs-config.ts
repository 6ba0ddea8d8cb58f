/** Which lines of functions are kept, and for how long. */
export interface LogsConfig {
  /** How many bytes of lines one router writes in a second at most, on the average of some seconds. */
  readonly bytesPerSecondMax: number;
  /** How many bytes of one call are kept. */
  readonly callBytesMax: number;
  /** About how much is kept, of all functions. */
  readonly bytesMax: number;
  /** How long it is kept at most. */
  readonly ageMsMax: number;
}
