import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readTextFile } from "../../../src/config/source/files.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { readTextSource } from "../../../src/cli/options/text-source.ts";
import { withFolder } from "../../support/config-folder.ts";

const GOOD = { "a.yaml": "queues: { q: {} }" };
const compilers = { compileConditions: () => assert.fail() };

async function problemsIn(folder: string): Promise<readonly string[]> {
  const loaded = await loadConfig(folder, compilers);
  if (loaded.ok) return [];
  return loaded.problems.map(({ file, message }) => `${file.replace(`${folder}/`, "")} ${message}`);
}

describe("configuration folders", () => {
  it("A configuration folder may hold files that begin with a dot: editors' locks, macOS's attributes, links to nothing", () =>
    withFolder(GOOD, async (folder) => {
      await symlink("ada@host.1234", join(folder, ".#a.yaml"));
      await writeFile(join(folder, "._a.yaml"), Buffer.from([0, 5, 22, 7, 255]));
      await mkdir(join(folder, ".git.yaml"));
      execFileSync("mkfifo", [join(folder, ".pipe.yaml")]);
      assert.deepEqual(await problemsIn(folder), []);
    }));

  it("A configuration folder is refused, and does not hang, for what is no file: a pipe, a folder, a socket, a device, a link to nothing", () =>
    withFolder(GOOD, async (folder) => {
      execFileSync("mkfifo", [join(folder, "pipe.yaml")]);
      await mkdir(join(folder, "folder.yaml"));
      await symlink("/dev/zero", join(folder, "device.yaml"));
      await symlink("nowhere", join(folder, "link.yaml"));
      const server = createServer().listen(join(folder, "socket.yaml"));
      try {
        assert.deepEqual(await problemsIn(folder), [
          "device.yaml is a device, not a file",
          "folder.yaml is a folder, not a file",
          "link.yaml is a link to a file that is not there",
          "pipe.yaml is a named pipe, not a file",
          "socket.yaml is a socket, not a file",
        ]);
      } finally {
        server.close();
      }
    }));

  it("The path of a file is refused as a configuration folder", () =>
    withFolder(GOOD, async (folder) => {
      const file = join(folder, "a.yaml");
      const loaded = await loadConfig(file, compilers);
      assert.deepEqual(loaded, { ok: false, problems: [{ message: "is not a folder", file }] });
    }));
});

describe("secret files", () => {
  it("A named pipe is not read as a secret's file", () =>
    withFolder({}, async (folder) => {
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      assert.deepEqual(await readTextFile(pipe, 10), { ok: false, reason: "is a named pipe, not a file" });
    }));
});

describe("a command's input", () => {
  it("A command's input is a file in UTF-8 or a pipe, and nothing without an end", () =>
    withFolder({ "good.json": '{"a":"ü"}' }, async (folder) => {
      assert.equal(await readTextSource(join(folder, "good.json"), process.stdin), '{"a":"ü"}');
      await writeFile(join(folder, "latin1.json"), Buffer.from('{"a":"\xfc"}', "latin1"));
      await assert.rejects(
        readTextSource(join(folder, "latin1.json"), process.stdin),
        /latin1\.json: is not UTF-8 text/,
      );
      await assert.rejects(readTextSource(folder, process.stdin), /cannot be read: EISDIR/);
      await assert.rejects(readTextSource("/dev/zero", process.stdin), /\/dev\/zero: is larger than 256 MiB/);
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const [text] = await Promise.all([readTextSource(pipe, process.stdin), writeFile(pipe, "[1]")]);
      assert.equal(text, "[1]");
    }));
});
