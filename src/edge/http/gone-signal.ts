import type { ServerResponse } from "node:http";

/** Fires when the connection ends before its answer went out. */
export function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  response.once("close", () => {
    // An abort makes an error with its stack, which costs more than all else here.
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
