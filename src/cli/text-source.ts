import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { CommandError } from "./command-error.ts";

/** What `readTextSource` takes, for a command's help. */
export const TEXT_SOURCE_HELP = "a file, - for standard input, or the JSON itself";

/**
 * The text that an argument means: what begins with a brace is the text itself, `-` is standard input, anything else
 * names a file.
 *
 * @throws CommandError when the file cannot be read
 */
export async function readTextSource(argument: string): Promise<string> {
  if (argument.trimStart().startsWith("{")) return argument;
  if (argument === "-") return text(process.stdin);
  try {
    return await readFile(argument, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    throw new CommandError(`${argument}: cannot be read: ${code}`, { cause });
  }
}
