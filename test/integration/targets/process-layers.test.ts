import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { after, before, describe, it } from "node:test";
import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import type { Layer } from "../../../src/domain/target/layer.ts";
import { processInvoker } from "../../../src/edge/targets/process/process.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { layerProblem } from "../../../src/edge/targets/process/layers/layer-folders.ts";
import { within } from "../../contract/waiting.ts";
import { withFolder } from "../../support/config-folder.ts";
import { invocation } from "../../support/functions/runtime-api-client.ts";
import { sampleFunction } from "../../support/sample.ts";

const root = join(import.meta.dirname, "../../..");

describe("layers of a function that is a process", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "busbar-process-layers-"));
    write("one/python/rate.py", "def rate(): return 'one'\n");
    write("two/python/rate.py", "def rate(): return 'two'\n");
    write("one/python/names.py", "def name(): return 'one'\n");
    write("one/python/shadowed.py", "WHOSE = 'layer'\n");
    write("shadowed.py", "WHOSE = 'own'\n");
    write("one/bin/greet", "#!/bin/sh\necho hello\n", 0o755);
    write("one/nodejs/node_modules/rate/index.js", "exports.rate = () => 'node';");
    write(
      "app.py",
      `import os, subprocess
import names, rate, shadowed
def handler(event, context):
    return [rate.rate(), names.name(), shadowed.WHOSE, subprocess.check_output(["greet"]).decode().strip()]
`,
    );
    write("index.cjs", "exports.handler = async () => require('rate').rate();");
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(path: string, source: string, mode = 0o644): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source, { mode });
  }

  const layer = (name: string): Layer => ({ kind: "folder", path: join(folder, name) });

  function call(t: TestContext, command: readonly string[], layers: readonly Layer[]): Promise<Outcome> {
    const fn = { ...sampleFunction("f", { timeoutSeconds: 10 }), run: { kind: "process", command, layers } as const };
    const identity = { accountId: "000000000000", region: "us-east-1" };
    const invoker = processInvoker(fn, { identity, onLine: () => true });
    t.after(() => invoker.close());
    return within("an outcome", invoker.invoke(invocation(), new AbortController().signal));
  }

  it("A Python handler imports from its layers, the last one first, after its own modules, and runs their commands", async (t) => {
    const command = ["python3", join(root, "runtimes/python/bootstrap.py"), join(folder, "app.handler")];
    const outcome = await call(t, command, [layer("one"), layer("two")]);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.equal(outcome.responseJson, '["two", "one", "own", "hello"]');
  });

  it("A Node.js handler requires a package of its layer", async (t) => {
    const command = [process.execPath, join(root, "runtimes/nodejs/bootstrap.mjs"), join(folder, "index.handler")];
    const outcome = await call(t, command, [layer("one")]);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    assert.equal(outcome.responseJson, '"node"');
  });

  it("A call of a function whose layer is gone fails, and says which", async (t) => {
    const failure = (await call(t, ["true"], [layer("one"), layer("gone")])) as Failure;
    assert.deepEqual(
      [failure.reason, failure.message],
      ["function_error", `layer ${join(folder, "gone")} is not there`],
    );
  });

  it("A layer that is not there is a mistake of the configuration, at its line", async () => {
    const yaml = `functions:
  f:
    process:
      command: ["true"]
      layers:
        - folder: ${folder}/one
        - folder: ${folder}/none
        - archive: ${folder}/none.zip
          sha256: ${"a".repeat(64)}
`;
    const compilers = { compileConditions: () => assert.fail(), layerProblem };
    const loaded = await withFolder({ "a.yaml": yaml }, (config) => loadConfig(config, compilers));
    assert.ok(!loaded.ok);
    assert.deepEqual(
      loaded.problems.map(({ message, line }) => [message, line]),
      [
        [`function "f": process.layers[1].folder ${folder}/none is not there`, 7],
        [`function "f": process.layers[2].archive ${folder}/none.zip is not there`, 8],
      ],
    );
    const others = await withFolder({ "a.yaml": yaml }, (config) =>
      loadConfig(config, { ...compilers, layerProblem: () => Promise.resolve(undefined) }),
    );
    assert.ok(others.ok);
  });
});
