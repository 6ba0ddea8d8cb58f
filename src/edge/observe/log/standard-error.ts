import { write, writeSync } from "node:fs";

const STDERR = 2;
/** Of lines that wait to be written. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** Of lines that are written together. */
const CHUNK_BYTES_MAX = 64 * 1024;
/** How long to wait for a reader that takes nothing now. */
const FULL_MS = 100;
/** How long the exit of the process waits for it. */
const EXIT_MS_MAX = 1_000;

/** What a pipe answers whose reader has taken nothing for a while. */
const isFull = (error: NodeJS.ErrnoException): boolean => error.code === "EAGAIN" || error.code === "EBUSY";

/**
 * Lines to standard error, in the background. Beyond 16 MiB that wait, lines are discarded. What waits when the process
 * exits is written then, for a second at most, and not at all where nobody reads any more: a full disk, or a reader that has died,
 * must not keep a process alive. (pino's own destination tries for ever then.)
 */
export class StandardError {
  readonly #onFault: (error: unknown) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isWriting = false;

  /** @param onFault called when lines could not be written; they are tried again with the next line. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    process.once("exit", () => this.#flush());
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      return this.#onFault(new Error("standard error does not take lines as fast as they are logged"));
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isWriting) this.#writeNext();
  }

  #writeNext(): void {
    this.#isWriting = true;
    const chunk = this.#nextChunk();
    write(STDERR, chunk, (error, written) => {
      const left = error === null ? chunk.subarray(written) : chunk;
      if (left.length > 0) this.#putBack(left);
      if (error !== null && isFull(error)) {
        setTimeout(() => this.#writeNext(), FULL_MS).unref();
        return;
      }
      this.#isWriting = false;
      if (error !== null) this.#onFault(error);
      else if (this.#waiting.length > 0) this.#writeNext();
    });
  }

  /** Lines of one write. A single one may be longer. */
  #nextChunk(): Buffer {
    let bytes = 0;
    const more = this.#waiting.findIndex((line, at) => (bytes += line.length) > CHUNK_BYTES_MAX && at > 0);
    const lines = this.#waiting.splice(0, more === -1 ? this.#waiting.length : more);
    const chunk = Buffer.concat(lines);
    this.#waitingBytes -= chunk.length;
    return chunk;
  }

  #putBack(chunk: Buffer): void {
    this.#waiting.unshift(chunk);
    this.#waitingBytes += chunk.length;
  }

  /** At the exit nothing runs in the background any more. */
  #flush(): void {
    const endAtMs = performance.now() + EXIT_MS_MAX;
    let chunk = Buffer.concat(this.#waiting);
    while (chunk.length > 0 && performance.now() < endAtMs) {
      try {
        chunk = chunk.subarray(writeSync(STDERR, chunk));
      } catch (error) {
        if (!isFull(error as NodeJS.ErrnoException)) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_MS / 10);
      }
    }
  }
}
