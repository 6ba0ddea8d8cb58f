import { createReadStream } from "node:fs";
import { CommandError } from "../command-error.ts";

/** The help of an argument for `readTextSource`. */
export const TEXT_SOURCE_HELP = "a file, - for standard input, or the JSON itself";

const MEBIBYTES_MAX = 256;

/**
 * Reads the text that an argument stands for. An argument that begins with a brace is the text itself, `-` stands for
 * standard input, and any other names a file, which may be a pipe such as `<(jq …)` in a shell.
 *
 * @throws CommandError when the source cannot be read, is not UTF-8, or is larger than 256 MiB.
 */
export async function readTextSource(argument: string, stdin: AsyncIterable<unknown>): Promise<string> {
  if (argument.trimStart().startsWith("{")) return argument;
  if (argument === "-") return readAll(stdin, "standard input");
  return readAll(createReadStream(argument), argument);
}

async function readAll(stream: AsyncIterable<unknown>, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MEBIBYTES_MAX * 1024 * 1024) throw new CommandError(`${name}: is larger than ${MEBIBYTES_MAX} MiB`);
      chunks.push(chunk);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const reason = code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "is not UTF-8 text" : `cannot be read: ${code}`;
    throw new CommandError(`${name}: ${reason}`, { cause });
  }
}
