import { LAMBDA_RESPONSE_LIMIT } from "../../../domain/delivery/response-json.ts";
import { HTTP_INTEGRATION_TYPE } from "../../../domain/http-route/http-route.ts";
import { parseJson } from "../../../json/json.ts";
import type { AnswerSink } from "../../../ports/functions/functions.ts";
import type { DoorAnswerHead } from "./function-answer.ts";
import { streamedHead } from "./function-answer.ts";
import type { HttpAnswer } from "./http-answer.ts";

const DELIMITER = Buffer.alloc(8);
/** API Gateway wants the delimiter within so many bytes. */
const HEAD_BYTES_MAX = 16_384;

/** Takes an answer apart. */
export interface StreamedParts {
  /** Called once. */
  head(head: DoorAnswerHead): void;
  /** Resolves when the next piece may come. */
  piece(piece: Buffer): Promise<void>;
}

/**
 * An answer that a function streams. States: `waiting` for its first piece; `head` while its status and headers come;
 * `body`; `broken` where they are none, and all that follows is discarded.
 */
export class StreamedAnswer implements AnswerSink {
  readonly #parts: StreamedParts;
  #state: "waiting" | "head" | "body" | "broken" = "waiting";
  #start = Buffer.alloc(0);

  constructor(parts: StreamedParts) {
    this.#parts = parts;
  }

  /** Whether the function streams. */
  get hasBegun(): boolean {
    return this.#state !== "waiting";
  }

  /** Whether it has a status. */
  get hasHead(): boolean {
    return this.#state === "body";
  }

  begin(contentType = "application/octet-stream"): void {
    if (contentType === HTTP_INTEGRATION_TYPE) this.#state = "head";
    else this.#headed({ status: 200, headers: [["content-type", contentType]] });
  }

  async write(piece: Buffer): Promise<void> {
    if (this.#state === "body") return this.#parts.piece(piece);
    if (this.#state === "broken") return;
    this.#start = Buffer.concat([this.#start, piece]);
    const end = this.#start.indexOf(DELIMITER);
    if (end === -1 ? this.#start.length > HEAD_BYTES_MAX : end > HEAD_BYTES_MAX) {
      this.#state = "broken";
      return;
    }
    if (end === -1) return;
    const head = streamedHead(this.#start.subarray(0, end).toString());
    const rest = this.#start.subarray(end + DELIMITER.length);
    this.#start = Buffer.alloc(0);
    if (head === undefined) {
      this.#state = "broken";
      return;
    }
    this.#headed(head);
    if (rest.length > 0) await this.#parts.piece(rest);
  }

  #headed(head: DoorAnswerHead): void {
    this.#state = "body";
    this.#parts.head(head);
  }
}

/**
 * Takes an answer apart that begins with its status and headers, and that was collected at another router: it comes as a
 * text, or in Base64 where it is none. Undefined where it does not begin so.
 */
export function answerCollectedElsewhere(responseJson = ""): HttpAnswer | undefined {
  const text = parseJson(responseJson);
  if (typeof text !== "string") return undefined;
  // Base64 has no `{`.
  const bytes = Buffer.from(text, text.startsWith("{") ? "utf8" : "base64");
  const end = bytes.indexOf(DELIMITER);
  if (end === -1 || end > HEAD_BYTES_MAX) return undefined;
  const head = streamedHead(bytes.subarray(0, end).toString());
  return head && { ...head, body: bytes.subarray(end + DELIMITER.length) };
}

/** Collects an answer that is streamed, where it has to go out whole. */
export class CollectedAnswer implements StreamedParts {
  readonly #pieces: Buffer[] = [];
  #head: DoorAnswerHead | undefined;
  #bytes = 0;

  head(head: DoorAnswerHead): void {
    this.#head = head;
  }

  piece(piece: Buffer): Promise<void> {
    this.#bytes += piece.length;
    if (this.#bytes <= LAMBDA_RESPONSE_LIMIT.max) this.#pieces.push(piece);
    else this.#pieces.length = 0;
    return Promise.resolve();
  }

  /** Undefined where it is too long, or has no head. */
  get answer(): HttpAnswer | undefined {
    if (this.#head === undefined || this.#bytes > LAMBDA_RESPONSE_LIMIT.max) return undefined;
    return { ...this.#head, body: Buffer.concat(this.#pieces) };
  }
}
