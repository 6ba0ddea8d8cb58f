import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../router/checkout.ts";

/** Builds the console's page into a folder, as `npm run build` does into `dist/page`. */
export async function buildConsole(folder: string): Promise<void> {
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  // Several test files build at once, each into a folder of its own.
  const args = [vite, "build", "console", "--bypass-lock", "--outDir", folder, "--emptyOutDir", "--logLevel", "warn"];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });
}
