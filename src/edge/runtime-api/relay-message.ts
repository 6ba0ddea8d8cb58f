import { isJsonObject, parseJson } from "../../json/json.ts";
import type { AnswerContent, EnvironmentAnswer } from "./environment-answer.ts";

/**
 * What routers say to each other about answers, in this order: who holds an invocation (to all), that it is held here, the
 * answer, that it was taken (each to one router alone). `ask` ties replies to questions.
 */
export type RelayMessage =
  | {
      readonly type: "who";
      readonly ask: string;
      readonly from: string;
      readonly functionName: string;
      readonly id: string;
    }
  | { readonly type: "held"; readonly ask: string; readonly from: string; readonly remainingMs: number }
  | { readonly type: "answer"; readonly ask: string; readonly from: string; readonly answer: EnvironmentAnswer }
  | { readonly type: "taken"; readonly ask: string };

/** Marks a message as one of these; it also carries the version of the layout. */
const MARK = Buffer.from("busbar-runtime-api/2\n");
const LENGTH_BYTES = 4;
/** A header holds a few names and ids. */
const HEADER_BYTES_MAX = 16_384;

/** Mark, length of the header, header in JSON, body as it is: an answer of 6 MiB is neither escaped nor in base64. */
export function encodeRelayMessage(message: RelayMessage): Buffer {
  const content = message.type === "answer" ? message.answer.content : undefined;
  const body = content !== undefined && "body" in content ? content.body : Buffer.alloc(0);
  const header = Buffer.from(JSON.stringify({ ...message, answer: undefined, ...answerFields(message) }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(header.length);
  return Buffer.concat([MARK, length, header, body]);
}

/** Undefined for whatever else is broadcast. The body shares the memory of `bytes`. */
export function decodeRelayMessage(bytes: Buffer): RelayMessage | undefined {
  const start = MARK.length + LENGTH_BYTES;
  if (bytes.length < start || !bytes.subarray(0, MARK.length).equals(MARK)) return undefined;
  const headerBytes = bytes.readUInt32BE(MARK.length);
  if (headerBytes > HEADER_BYTES_MAX) return undefined;
  const header = parseJson(bytes.toString("utf8", start, start + headerBytes));
  if (!isJsonObject(header)) return undefined;
  const { type, ask, from, functionName, id, remainingMs } = header;
  if (typeof ask !== "string") return undefined;
  if (type === "taken") return { type, ask };
  if (typeof from !== "string") return undefined;
  if (type === "held") return typeof remainingMs === "number" ? { type, ask, from, remainingMs } : undefined;
  if (typeof functionName !== "string" || typeof id !== "string") return undefined;
  if (type === "who") return { type, ask, from, functionName, id };
  const content = readContent(header, bytes.subarray(start + headerBytes));
  if (type !== "answer" || content === undefined) return undefined;
  return { type, ask, from, answer: { functionName, id, content } };
}

function answerFields(message: RelayMessage): object {
  if (message.type !== "answer") return {};
  const { functionName, id, content } = message.answer;
  const limit = content.kind === "oversized" ? { limitBytes: content.limitBytes } : {};
  return { functionName, id, kind: content.kind, ...limit };
}

function readContent(header: Readonly<Record<string, unknown>>, body: Buffer): AnswerContent | undefined {
  const { kind, limitBytes } = header;
  if (kind === "response" || kind === "error") return { kind, body };
  if (kind === "oversized" && typeof limitBytes === "number") return { kind, limitBytes };
  return kind === "truncated" ? { kind } : undefined;
}
