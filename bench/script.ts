import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { atProcessEnd } from "../test/support/router/process-end.ts";

/** A process of its own that serves HTTP. */
export interface Script {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a script that writes its address as its first line. @param args its path, and what it is given */
export async function startScript(args: readonly string[]): Promise<Script> {
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const undo = atProcessEnd(() => child.kill("SIGKILL"));
  if (child.stdout === null) throw new Error("the script has no standard output");
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGKILL");
      await once(child, "exit");
      undo();
    },
  };
}
