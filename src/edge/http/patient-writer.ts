import type { ServerResponse } from "node:http";

/** How long a reader may need for what is buffered for it: the last piece, and less than 64 KiB before it. */
const STALL_MS_MAX = 10_000;

/**
 * Writes pieces to a response, the next one once its reader has taken what is buffered. A reader that needs too
 * long for that is cut off; what is written after that is discarded, since whoever writes goes on.
 */
export function patientWriter(response: ServerResponse, stallMsMax = STALL_MS_MAX): (piece: Buffer) => Promise<void> {
  return (piece) => {
    if (response.destroyed || response.write(piece)) return Promise.resolve();
    return new Promise((resolve) => {
      const stalled = setTimeout(() => response.destroy(), stallMsMax);
      const done = (): void => {
        clearTimeout(stalled);
        response.off("drain", done).off("close", done);
        resolve();
      };
      response.on("drain", done).on("close", done);
    });
  };
}
