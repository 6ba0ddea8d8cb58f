import { Writable } from "node:stream";
import type { ChannelModel } from "amqplib";

/**
 * Lets all frames of one turn of the event loop leave in one system call. amqplib writes each frame by itself, which
 * was a fifth of a busy router's time.
 *
 * amqplib has its socket in a property that its types do not tell of. Should it go, frames leave one by one as before.
 */
export function batchWrites(model: ChannelModel): void {
  const { stream } = model.connection as { stream?: unknown };
  if (!(stream instanceof Writable)) return;
  const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
  let corked = false;
  stream.write = (chunk: Buffer): boolean => {
    if (!corked) {
      corked = true;
      stream.cork();
      process.nextTick(() => {
        corked = false;
        stream.uncork();
      });
    }
    return write(chunk);
  };
}
