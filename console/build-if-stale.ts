/** Builds the page where it is missing or older than its sources: `npm start` shows the page of this checkout. */
import { globSync, statSync } from "node:fs";
import { build } from "vite";

const folder = import.meta.dirname;
const built = statSync(`${folder}/../dist/page/index.html`, { throwIfNoEntry: false });
// The page shares types and the matcher with the router.
const sources = globSync(
  ["{index.html,package.json,vite.config.ts}", "{src,public}/**/*.*", "../src/{admin-api,pattern,json,text}/**/*.ts"],
  { cwd: folder },
);
const newestMs = Math.max(...sources.map((file) => statSync(`${folder}/${file}`).mtimeMs));
if (built === undefined || built.mtimeMs < newestMs) await build({ root: folder, logLevel: "warn" });
