import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The folder of the checkout. */
export const ROOT = join(import.meta.dirname, "../..");

const MAIN = join(ROOT, "src/main.ts");

/** What a command came to. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Where Node.js keeps what it has compiled; nothing else of this process's environment is passed on. */
const CACHE = { NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"] };

/** Runs one command to its end, outside of the checkout, in an environment that holds what `env` has. */
export async function busbar(args: readonly string[], { input = "", env = {} }: RunOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: tmpdir(), env: { ...CACHE, ...env } });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** A command as somebody types it into a shell, with all that it prints. */
export async function shellSession(line: string, cwd: string): Promise<string> {
  const script = `busbar() { "$NODE" "$MAIN" "$@"; }; ${line.slice(2)} 2>&1`;
  const child = spawn("sh", ["-c", script], { cwd, env: { ...CACHE, NODE: process.execPath, MAIN } });
  return `${line}\n${await text(child.stdout)}`;
}
