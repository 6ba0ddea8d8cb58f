import { join } from "node:path";

/** The folder of the checkout. */
export const ROOT = join(import.meta.dirname, "../../..");

/** What the image runs, as `npm run build` makes it of the sources. */
export const BUILT_PROGRAM = "dist/main.js";

/** The program whose processes are tested: in a run of `test/run.ts` what it has built, else the sources, which need no build. */
export const PROGRAM = join(ROOT, process.env["BUSBAR_TEST_PROGRAM"] ?? "src/main.ts");
