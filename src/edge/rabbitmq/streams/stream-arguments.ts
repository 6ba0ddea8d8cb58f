/** RabbitMQ shortens a stream by whole segments, and never to less than one. */
const SEGMENTS = 16;
const SEGMENT_BYTES_MAX = 128 * 1024 * 1024;

/** How much of a stream is kept; without a bound, all of it. */
export interface StreamBounds {
  readonly bytesMax?: number;
  readonly ageMsMax?: number;
}

/** The arguments to make a stream with. RabbitMQ cannot change them later. */
export function streamArguments({ bytesMax, ageMsMax }: StreamBounds): Record<string, unknown> {
  const segmentBytes = bytesMax === undefined ? SEGMENT_BYTES_MAX : Math.ceil(bytesMax / SEGMENTS);
  return {
    "x-queue-type": "stream",
    "x-queue-leader-locator": "balanced",
    "x-stream-max-segment-size-bytes": Math.min(SEGMENT_BYTES_MAX, segmentBytes),
    ...(bytesMax === undefined ? {} : { "x-max-length-bytes": bytesMax }),
    ...(ageMsMax === undefined ? {} : { "x-max-age": `${Math.ceil(ageMsMax / 1_000)}s` }),
  };
}
