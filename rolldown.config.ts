import { defineConfig } from "rolldown";

/** The programs of threads: `threadProgram` finds them by their place in `src`. */
const THREADS = [
  "console/index/worker",
  "edge/sqlite/broker/broker-worker",
  "edge/sqlite/journal/reader-worker",
  "edge/sqlite/journal/writer-worker",
  "edge/sqlite/store/store-worker",
];

/**
 * What the image runs: the sources with the packages that they use, in a few files. A start from so many single files
 * would spend half its time on finding and opening them.
 */
export default defineConfig({
  input: Object.fromEntries(["main", ...THREADS].map((path) => [path, `src/${path}.ts`])),
  platform: "node",
  // pg asks for it, and does without.
  external: ["pg-native"],
  // A log line names an error by its class.
  output: { dir: "dist", chunkFileNames: "[name].js", sourcemap: true, sourcemapExcludeSources: true, keepNames: true },
});
