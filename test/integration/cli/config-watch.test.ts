import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { watchConfig, type WatchOptions } from "../../../src/config/live/watch.ts";
import { withFolder } from "../../support/config-folder.ts";

const WAIT_MS_MAX = 10_000;

/** Watches a folder, counts the calls, and can wait for the next one. */
async function watching(folder: string, options: WatchOptions) {
  let calls = 0;
  let wake = () => {};
  const stop = await watchConfig(
    folder,
    () => {
      calls++;
      wake();
    },
    options,
  );
  return {
    stop,
    calls: () => calls,
    /** Resolves when there were that many calls. */
    async called(times: number): Promise<void> {
      const signal = AbortSignal.timeout(WAIT_MS_MAX);
      while (calls < times) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          signal.onabort = () => reject(new Error(`${calls} calls, not ${times}`));
        });
      }
    },
  };
}

/** Writes a file in one step, so that nobody sees it half written. */
async function save(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, "saving.tmp"), text);
  await rename(join(folder, "saving.tmp"), join(folder, name));
}

/** Only inotify, or only polling: each must find the changes by itself. */
const WAYS: readonly (readonly [name: string, options: WatchOptions])[] = [
  ["by the file system's signs", { debounceMs: 10, pollMs: 3_600_000 }],
  ["by polling", { debounceMs: 1, pollMs: 20 }],
];

for (const [way, options] of WAYS) {
  describe(`watchConfig, ${way}`, () => {
    it(`watchConfig, ${way}, calls when a file is replaced, added, removed or written`, () =>
      withFolder({ "a.yaml": "1" }, async (folder) => {
        const watch = await watching(folder, options);
        try {
          await save(folder, "a.yaml", "2");
          await watch.called(1);
          await save(folder, "b.yaml", "1");
          await watch.called(2);
          await rm(join(folder, "b.yaml"));
          await watch.called(3);
          // Last, since it is seen once or twice: a file is emptied before it is written in place.
          await writeFile(join(folder, "a.yaml"), "3");
          await watch.called(4);
        } finally {
          watch.stop();
        }
      }));

    it(`watchConfig, ${way}, calls once when a mounted ConfigMap is swapped`, () =>
      withFolder({}, async (folder) => {
        for (const version of ["1", "2"]) {
          await mkdir(join(folder, `..v${version}`));
          for (const name of ["a.yaml", "b.yaml"]) await writeFile(join(folder, `..v${version}`, name), version);
        }
        await symlink("..v1", join(folder, "..data"));
        for (const name of ["a.yaml", "b.yaml"]) await symlink(join("..data", name), join(folder, name));
        const watch = await watching(folder, options);
        try {
          await symlink("..v2", join(folder, "..data_tmp"));
          await rename(join(folder, "..data_tmp"), join(folder, "..data"));
          await watch.called(1);
          // Another change, whose call comes after any second one for the first.
          await save(folder, "c.yaml", "1");
          await watch.called(2);
          assert.equal(watch.calls(), 2);
        } finally {
          watch.stop();
        }
      }));

    it(`watchConfig, ${way}, does not call without a change`, () =>
      withFolder({ "a.yaml": "1" }, async (folder) => {
        const watch = await watching(folder, options);
        try {
          await utimes(join(folder, "a.yaml"), 1, 1);
          await writeFile(join(folder, "notes.txt"), "hello");
          await save(folder, "a.yaml", "1");
          await save(folder, "b.yaml", "1");
          await watch.called(1);
          assert.equal(watch.calls(), 1);
        } finally {
          watch.stop();
        }
      }));
  });
}

describe("watchConfig", () => {
  it("watchConfig finds a folder that comes later", () =>
    withFolder({}, async (parent) => {
      const folder = join(parent, "config");
      const watch = await watching(folder, { debounceMs: 1, pollMs: 20 });
      try {
        await mkdir(folder);
        await writeFile(join(folder, "a.yaml"), "1");
        await watch.called(1);
      } finally {
        watch.stop();
      }
    }));

  it("watchConfig does not call after it was stopped", () =>
    withFolder({ "a.yaml": "1" }, async (folder) => {
      const stopped = await watching(folder, { debounceMs: 10, pollMs: 20 });
      const other = await watching(folder, { debounceMs: 50, pollMs: 20 });
      try {
        await writeFile(join(folder, "a.yaml"), "2");
        stopped.stop();
        // The other one waits longer before it looks: by its call the stopped one had its chance.
        await other.called(1);
        assert.equal(stopped.calls(), 0);
      } finally {
        other.stop();
      }
    }));
});
