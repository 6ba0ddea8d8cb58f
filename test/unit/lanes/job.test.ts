import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { run, tests } from "../../lanes/job.ts";

const TESTS = 3_000;

suite("a job of test files", () => {
  let folder: string;
  before(async () => {
    // With it a process takes itself for one that another runner has started, and runs nothing.
    delete process.env["NODE_TEST_CONTEXT"];
    folder = await mkdtemp(join(tmpdir(), "busbar-lanes-"));
  });
  after(() => rm(folder, { recursive: true }));

  test("a runner that is busy while the tests end misses none of them", async () => {
    const file = join(folder, "many.test.mjs");
    await writeFile(
      file,
      `import { test } from "node:test";
      for (let n = 0; n < ${TESTS}; n++) test("test " + n, () => {});`,
    );
    const running = run(tests("many", [file]), new AbortController().signal);
    blockThisThread(1_500);
    const ended = await running;
    assert.deepEqual(ended.failures, []);
    assert.equal(ended.passed, TESTS);
    assert.ok(ended.cpuSeconds > 0);
  });

  test("a process that ends before its tests is a failure, though it ends with 0", async () => {
    const file = join(folder, "early.test.mjs");
    await writeFile(
      file,
      `import { test } from "node:test";
      test("first", () => {});
      test("second", () => process.reallyExit(0));`,
    );
    const { failures } = await run(tests("early", [file]), new AbortController().signal);
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.error ?? "", /did not report its end/);
  });

  test("a job's CPU time counts what it has started", { skip: platform() !== "linux" }, async () => {
    const file = join(folder, "starts.test.mjs");
    await writeFile(
      file,
      `import { execFileSync } from "node:child_process";
      import { test } from "node:test";
      test("starts a process that computes", () => {
        execFileSync(process.execPath, ["-e", "while (process.cpuUsage().user < 500_000);"]);
      });`,
    );
    const { cpuSeconds, cpuSecondsOfAll } = await run(tests("starts", [file]), new AbortController().signal);
    assert.ok(cpuSecondsOfAll > cpuSeconds + 0.4, `${cpuSecondsOfAll} s of all, ${cpuSeconds} s of its own`);
  });
});

/** What a busy machine does to the runner: it reads nothing meanwhile. */
function blockThisThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
