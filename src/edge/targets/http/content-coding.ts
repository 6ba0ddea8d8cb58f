import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from "node:zlib";

type Decode = (body: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const inflateWrapped = promisify(inflate) as Decode;
const inflateBare = promisify(inflateRaw) as Decode;

/** By the names of RFC 9110, 8.4.1; some servers send `deflate` without the wrapping that it should have. */
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: (body, options) => (isWrapped(body) ? inflateWrapped(body, options) : inflateBare(body, options)),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
  identity: (body) => Promise.resolve(body),
};

/** Most answers have one at most. Each costs another pass over the body. */
const CODINGS_MAX = 3;

/**
 * A body without its content codings, which a server may use although the request did not ask for any. A body that cannot
 * be decoded is returned as it is: the target has answered. Never makes more than `bytesMax`.
 *
 * @returns `too-long` when the decoded body would be longer than that.
 */
export async function decodeContent(body: Buffer, codings: string, bytesMax: number): Promise<Buffer | "too-long"> {
  const names = codings.toLowerCase().split(",", CODINGS_MAX + 1);
  if (body.length === 0 || names.length > CODINGS_MAX) return body;
  let decoded = body;
  for (const name of names.reverse()) {
    const decode = Object.hasOwn(DECODERS, name.trim()) ? DECODERS[name.trim()] : undefined;
    if (decode === undefined) return body;
    try {
      decoded = await decode(decoded, { maxOutputLength: bytesMax });
    } catch (error) {
      return isTooLong(error) ? "too-long" : body;
    }
  }
  return decoded;
}

/** Whether a body begins as zlib's format does (RFC 1950). */
function isWrapped(body: Buffer): boolean {
  const [first = 0, second = 0] = body;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
