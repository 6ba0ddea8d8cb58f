import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limit } from "../../domain/limits.ts";
import type { AnswerSink } from "../../ports/functions/functions.ts";
import type { AnswerRoom } from "./answer-room.ts";

/** Why a body was not read: too long, broken off, or too late. */
export type BodyFault = "too-large" | "truncated" | "late";

export interface BodyOptions {
  readonly limit: Limit;
  /** Counts the bytes until the response is closed. */
  readonly room: AnswerRoom;
  /** Nothing more is read once it fires. */
  readonly ended: AbortSignal;
}

/**
 * Reads a body. What follows one that is too long is discarded, because an environment that is still writing would
 * otherwise never see the refusal. Unlike a put, an answer is not refused when there is no room: it waits for some, since a
 * refusal would lose work that was done.
 */
export function readAnswerBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limit, room, ended }: BodyOptions,
): Promise<Buffer | BodyFault> {
  if (ended.aborted) return Promise.resolve("late");
  if (Number(request.headers["content-length"]) > limit.max) {
    limit.exceeded();
    return Promise.resolve("too-large");
  }
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const place = room.enter({ pause: () => request.pause(), resume: () => request.resume() });
    response.once("close", () => place.leave());
    let isSettled = false;
    const end = (body: Buffer | BodyFault): void => {
      if (isSettled) return;
      isSettled = true;
      request.off("data", onData);
      ended.removeEventListener("abort", onEnded);
      chunks = [];
      if (typeof body === "string") place.leave();
      resolve(body);
    };
    const onEnded = (): void => end("late");
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > limit.max) {
        limit.exceeded();
        return end("too-large");
      }
      chunks.push(chunk);
      place.add(chunk.length);
    };
    request.once("close", () => end("truncated"));
    request.once("end", () => end(Buffer.concat(chunks, bytes)));
    ended.addEventListener("abort", onEnded, { once: true });
    request.on("data", onData);
  });
}

/** Lambda's limit of a streamed answer. */
export const STREAM_BYTES_MAX = 200 * 1_024 * 1_024;

/**
 * Hands a body on while it comes, one piece at a time: the next is read when the sink has room for it. Nothing of it is kept
 * here. Rejects only where the sink does, which is a bug.
 */
export function passBody(
  request: IncomingMessage,
  response: ServerResponse,
  { sink, ended }: { readonly sink: AnswerSink; readonly ended: AbortSignal },
): Promise<"passed" | BodyFault> {
  if (ended.aborted) return Promise.resolve("late");
  if (request.headers.expect !== undefined) response.writeContinue();
  sink.begin(request.headers["content-type"]);
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let isSettled = false;
    // The end of the body may come while the last piece is still being written.
    let writing = Promise.resolve();
    const end = (how: "passed" | BodyFault): void => {
      if (isSettled) return;
      isSettled = true;
      request.off("data", onData);
      ended.removeEventListener("abort", onEnded);
      if (how === "passed") void writing.then(() => resolve(how), reject);
      else resolve(how);
    };
    const onEnded = (): void => end("late");
    const onData = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes > STREAM_BYTES_MAX) return end("too-large");
      request.pause();
      writing = sink.write(piece).then(() => void request.resume());
      writing.catch(reject);
    };
    request.once("close", () => end("truncated"));
    request.once("end", () => end("passed"));
    ended.addEventListener("abort", onEnded, { once: true });
    request.on("data", onData);
  });
}

/** Reads the rest of a body and discards it. A sender that is not done after `msMax` is cut off. */
export function discardBody(request: IncomingMessage, msMax: number): void {
  if (request.complete || request.destroyed) return;
  const cutOff = setTimeout(() => request.destroy(), msMax);
  request.once("close", () => clearTimeout(cutOff));
  request.resume();
}
