import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limit } from "../../domain/limits.ts";

/** A bound on the bytes that requests hold at once. */
export interface ByteBudget {
  /** Takes the bytes if there is room for all of them. */
  tryTake(bytes: number): boolean;
  release(bytes: number): void;
}

/** What bounds a body: the limit of its length, and the budget that it shares with others. */
export interface BodyBounds {
  readonly limit: Limit;
  readonly budget: ByteBudget;
  /** Whether a body with a content coding is read as it is. Otherwise it is refused. */
  readonly takesEncoded?: boolean | undefined;
  /** Aborted, with a `BodyRefusal` as its reason, to stop reading the body. */
  readonly cutOff?: AbortSignal;
}

export type BodyRefusal = "too-large" | "no-room" | "too-slow" | "encoded" | "aborted";

export type BodyResult =
  { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly reason: BodyRefusal };

/**
 * Reads a request's body whole. Its bytes are charged to the budget as they arrive, so that a slow sender holds no more
 * than it has sent. They are released when the body is refused or the response has ended. The rest of a refused body is
 * read and thrown away until the server's request time-out: a client that still writes would not see the answer.
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limit, budget, cutOff, takesEncoded = false }: BodyBounds,
): Promise<BodyResult> {
  const encoding = request.headers["content-encoding"];
  if (!takesEncoded && encoding !== undefined && encoding.toLowerCase() !== "identity")
    return refuse(request, "encoded");
  if (Number(request.headers["content-length"]) > limit.max) return tooLarge(request, limit);
  // The connection may have closed during authentication.
  if (request.destroyed) return refuse(request, "aborted");

  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const giveBack = (): void => {
      budget.release(bytes);
      bytes = 0;
    };
    response.once("close", giveBack);

    const settle = (result: BodyResult): void => {
      request.off("data", onData).off("end", onEnd).off("close", onClose);
      cutOff?.removeEventListener("abort", onCutOff);
      if (!result.ok) {
        chunks.length = 0;
        giveBack();
        request.resume();
      }
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      if (bytes + chunk.length > limit.max) {
        limit.exceeded();
        return settle({ ok: false, reason: "too-large" });
      }
      if (!budget.tryTake(chunk.length)) return settle({ ok: false, reason: "no-room" });
      bytes += chunk.length;
      chunks.push(chunk);
    };
    const onEnd = (): void => {
      const [only] = chunks;
      settle({ ok: true, body: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes) });
    };
    const onClose = (): void => settle({ ok: false, reason: "aborted" });
    const onCutOff = (): void => settle({ ok: false, reason: cutOff?.reason as BodyRefusal });
    request.on("data", onData).once("end", onEnd).once("close", onClose);
    cutOff?.addEventListener("abort", onCutOff);
  });
}

/** The body as text; undefined when it is not UTF-8: Node.js would silently replace the wrong bytes. */
export function utf8Text(body: Buffer): string | undefined {
  return isUtf8(body) ? body.toString("utf8") : undefined;
}

function tooLarge(request: IncomingMessage, limit: Limit): Promise<BodyResult> {
  limit.exceeded();
  return refuse(request, "too-large");
}

function refuse(request: IncomingMessage, reason: BodyRefusal): Promise<BodyResult> {
  request.resume();
  return Promise.resolve({ ok: false, reason });
}
