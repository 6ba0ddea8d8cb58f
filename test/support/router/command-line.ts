import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { runCli } from "../../../src/cli/cli.ts";
import { PROGRAM } from "./checkout.ts";

/** The result of a command. */
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

/** Runs one command in this process, in an environment that holds what `env` has. */
export async function busbar(args: readonly string[], { input = "", env = {} }: RunOptions = {}): Promise<Ended> {
  const [stdin, stdout, stderr] = [Readable.from([Buffer.from(input)]), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(["node", PROGRAM, ...args], { stdin, stdout, stderr, env });
  stdout.end();
  stderr.end();
  const [ofStdout, ofStderr] = await printed;
  return { code, stdout: ofStdout, stderr: ofStderr };
}

/** The same in a process of its own, outside of the checkout. */
export async function busbarProcess(
  args: readonly string[],
  { input = "", env = {} }: RunOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: tmpdir(), env: { ...CACHE, ...env } });
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, stdout, stderr };
}

/** A line of the documentation, `$ npx busbar …`, as a shell runs it, with all that it prints. */
export async function shellSession(line: string, cwd: string): Promise<string> {
  const script = `npx() { shift; "$NODE" "$PROGRAM" "$@"; }; ${line.slice(2)} 2>&1`;
  const child = spawn("sh", ["-c", script], { cwd, env: { ...CACHE, NODE: process.execPath, PROGRAM } });
  return `${line}\n${await text(child.stdout)}`;
}
