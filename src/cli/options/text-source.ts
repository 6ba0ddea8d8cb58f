import { createReadStream } from "node:fs";
import { CommandError } from "../command-error.ts";

/** What `readTextSource` takes, for a command's help. */
export const TEXT_SOURCE_HELP = "a file, - for standard input, or the JSON itself";

const MEBIBYTES_MAX = 256;

/**
 * The text that an argument means: what begins with a brace is the text itself, `-` is standard input, anything else
 * names a file, which may be a pipe: `<(jq …)` in a shell is one.
 *
 * @throws CommandError when it cannot be read, is not UTF-8, or is larger than 256 MiB
 */
export async function readTextSource(argument: string): Promise<string> {
  if (argument.trimStart().startsWith("{")) return argument;
  if (argument === "-") return readAll(process.stdin, "standard input");
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
