/** Builds the page where it is missing or older than its sources: `npm start` shows the page of this checkout. */
import { chmodSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { build } from "vite";

const folder = import.meta.dirname;
const built = statSync(`${folder}/../dist/page/index.html`, { throwIfNoEntry: false });
// The page shares types and the matcher with the router.
const sources = globSync(
  [
    "{index.html,package.json,vite.config.ts}",
    "src/**/*.*",
    "../src/{admin-api,pattern,json,text,domain/failure}/**/*.ts",
  ],
  { cwd: folder },
);
const newestMs = Math.max(...sources.map((file) => statSync(`${folder}/${file}`).mtimeMs));
if (built === undefined || built.mtimeMs < newestMs) await buildAnew();

/** Into a folder of its own, which then takes the place of the old one: several may be at it, and one may be serving it. */
async function buildAnew(): Promise<void> {
  const page = `${folder}/../dist/page`;
  mkdirSync(`${folder}/../dist`, { recursive: true });
  const outDir = mkdtempSync(`${page}-`);
  await build({ root: folder, logLevel: "warn", build: { outDir } });
  chmodSync(outDir, 0o755);
  rmSync(page, { recursive: true, force: true });
  try {
    renameSync(outDir, page);
  } catch {
    // Another one has just built the same.
    rmSync(outDir, { recursive: true });
  }
}
