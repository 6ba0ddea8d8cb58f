import type { ChildProcessByStdio } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { eventually } from "../../contract/waiting.ts";
import { ROOT } from "./checkout.ts";
import type { LogLine } from "./router.ts";

/** Environment of somebody who has set nothing for Busbar. */
const PLAIN_ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BUSBAR_")));

/** `npm start` in a terminal: a process group that a Ctrl+C reaches as a whole. On free ports, with a store of its own. */
export class NpmStart {
  readonly log: LogLine[] = [];
  welcome = "";
  readonly #data: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  private constructor(data: string, env: Readonly<Record<string, string>>) {
    this.#data = data;
    const names = ["HTTP_PORT", "ADMIN_PORT", "RUNTIME_API_PORT", "ROUTES_PORT"];
    const ports = Object.fromEntries(names.map((name) => [`BUSBAR_${name}`, "0"]));
    // A flag comes before its variable, and the script has one for the console's port.
    this.#child = spawn("npm", ["start", "--", "--console-port", "0"], {
      cwd: ROOT,
      env: { ...PLAIN_ENV, ...ports, BUSBAR_DATA: data, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child.stdout.on("data", (chunk: Buffer) => (this.welcome += chunk.toString()));
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#keep(line));
  }

  /** Resolves when it has printed its last words of welcome. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<NpmStart> {
    const started = new NpmStart(await mkdtemp(join(tmpdir(), "busbar-sample-")), env);
    await eventually("npm start prints its welcome", () => started.welcome.includes("Ctrl+C"), 30_000);
    return started;
  }

  /** A command as the welcome text has it, with the lines that it goes on over. */
  command(beginning: string): string {
    const lines = this.welcome.split("\n");
    const first = lines.findIndex((line) => line.startsWith(`  ${beginning}`));
    const last = lines.findIndex((line, index) => index >= first && !line.endsWith("\\"));
    return lines
      .slice(first, last + 1)
      .join("\n")
      .trim();
  }

  /** The process, and all that it has started. */
  processIds(): number[] {
    const rows = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).trim().split("\n");
    const family = new Set([this.#child.pid]);
    // A child's number may be smaller than its parent's, so one look over the list is not enough.
    for (let size = 0; size < family.size;) {
      size = family.size;
      for (const row of rows) {
        const [pid, parent] = row.trim().split(/\s+/).map(Number);
        if (family.has(parent)) family.add(pid);
      }
    }
    return [...family].filter((pid) => pid !== undefined);
  }

  /** Ctrl+C: the terminal sends SIGINT to everybody in the foreground. Resolves with the exit code, if there is one. */
  async interrupt(): Promise<number | null> {
    const { pid = 0, exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const exited = once(this.#child, "close");
    process.kill(-pid, "SIGINT");
    await exited;
    return this.#child.exitCode;
  }

  async remove(): Promise<void> {
    await this.interrupt();
    await rm(this.#data, { recursive: true, force: true });
  }

  #keep(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.log.push({ level: "none", msg: line });
    }
  }
}

/** Runs a command line in another terminal; resolves with what it printed. */
export async function inShell(line: string): Promise<string> {
  const child = spawn("sh", ["-c", line], { cwd: ROOT, env: PLAIN_ENV, stdio: ["ignore", "pipe", "inherit"] });
  return text(child.stdout);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
