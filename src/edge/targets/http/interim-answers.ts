import type { Socket } from "node:net";
import type { buildConnector } from "undici";

/**
 * A connector whose connections skip every interim answer (1xx), expected or not (RFC 9110, 15.2). Undici skips all but
 * two: at an unexpected 100, and at a 101, it drops the connection with the final answer. Here it reads a 102 in their
 * place: one digit is overwritten.
 */
export function readingOverInterimAnswers(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) => {
    connect(target, (...made) => {
      if (made[0] === null) watch(made[1]);
      callback(...made);
    });
  };
}

/** Reads incoming bytes before undici does. A connection carries one call at a time, so each request begins an answer. */
function watch(socket: Socket): void {
  const heads = new InterimHeads();
  const push = socket.push.bind(socket);
  let bytesWritten = -1;
  socket.push = (chunk: Buffer | null) => {
    if (socket.bytesWritten !== bytesWritten) heads.begin();
    bytesWritten = socket.bytesWritten;
    if (chunk !== null) heads.read(chunk);
    return push(chunk);
  };
}

const STATUS_AT = "HTTP/1.1 ".length;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const ZERO = 0x30;
const ONE = 0x31;
const TWO = 0x32;

/** Reads the heads of an answer up to the final one. A head may come in pieces of any size. */
export class InterimHeads {
  /** How many bytes of the head have been read; undefined once the final head has begun. */
  #at: number | undefined;
  /** The second digit of the status. */
  #tens = 0;
  #isLineEmpty = false;

  /** The next byte is the first of an answer. */
  begin(): void {
    this.#at = 0;
    this.#isLineEmpty = false;
  }

  /** Reads incoming bytes, and overwrites a 100 and a 101 in them with a 102. */
  read(chunk: Uint8Array): void {
    for (let index = 0; index < chunk.length && this.#at !== undefined; index++) {
      const byte = chunk[index] as number;
      // Undici skips empty lines before a head.
      if (this.#at === 0 && (byte === LINE_FEED || byte === CARRIAGE_RETURN)) continue;
      if (this.#at === STATUS_AT && byte !== ONE) this.#at = undefined;
      else {
        if (this.#at === STATUS_AT + 1) this.#tens = byte;
        if (this.#at === STATUS_AT + 2 && this.#tens === ZERO && (byte === ZERO || byte === ONE)) chunk[index] = TWO;
        this.#at = this.#endsHead(byte) ? 0 : this.#at + 1;
      }
    }
  }

  /** A head ends with an empty line. */
  #endsHead(byte: number): boolean {
    if (byte === LINE_FEED && this.#isLineEmpty) {
      this.#isLineEmpty = false;
      return true;
    }
    if (byte !== CARRIAGE_RETURN) this.#isLineEmpty = byte === LINE_FEED;
    return false;
  }
}
