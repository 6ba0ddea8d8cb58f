import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limit } from "../../../core/limits.ts";

/** Counts the bytes of events and answers that the router holds. */
export interface BytesInFlight {
  take(bytes: number): void;
  release(bytes: number): void;
}

/**
 * Reads an answer's body, counting its bytes until the response is done with. What follows a refusal is read and
 * thrown away: an environment that is still writing would otherwise never see the refusal.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  limit: Limit,
  inFlight: BytesInFlight | undefined,
): Promise<Buffer | "too-large" | "aborted"> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.once("close", () => inFlight?.release(bytes));
    request.once("close", () => resolve("aborted"));
    request.once("end", () => resolve(Buffer.concat(chunks, bytes)));
    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > limit.max) {
        limit.exceeded();
        request.off("data", onData).resume();
        return resolve("too-large");
      }
      bytes += chunk.length;
      inFlight?.take(chunk.length);
      chunks.push(chunk);
    };
    request.on("data", onData);
  });
}
