import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Layer } from "../../../../src/domain/target/layer.ts";
import { EntryCheck } from "../../../../src/edge/targets/process/layers/checked-entry.ts";
import { layerFolders, layerProblem } from "../../../../src/edge/targets/process/layers/layer-folders.ts";
import { prepareLayers, withLayerPaths } from "../../../../src/edge/targets/process/layers/layer-variables.ts";

/** Makes one archive of each name with Python's own libraries, whose writers refuse nothing. */
const ARCHIVES = `
import io, sys, tarfile, zipfile, stat
def zipped(name, *entries):
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as out:
        for path, text, mode in entries:
            info = zipfile.ZipInfo(path)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            out.writestr(info, text)
def tarred(name, *entries):
    with tarfile.open(name, "w:gz" if name.endswith("gz") else "w") as out:
        for path, text, mode, kind in entries:
            info = tarfile.TarInfo(path)
            info.mode, info.type = mode, kind
            if kind == tarfile.REGTYPE:
                info.size = len(text)
                out.addfile(info, io.BytesIO(text.encode()))
            else:
                info.linkname = text
                out.addfile(info)
FILE, LINK = stat.S_IFREG, stat.S_IFLNK
R, S, H, D, F = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE
zipped("good.zip", ("python/money.py", "EUR = 1", FILE | 0o644), ("bin/tool", "#!/bin/sh", FILE | 0o755), ("lib/a.so", "a.so.1", LINK | 0o777), ("lib/a.so.1", "x", FILE | 0o644))
tarred("good.tar.gz", ("./python/", "", 0o755, D), ("./python/money.py", "EUR = 1", 0o644, R), ("bin/tool", "#!/bin/sh", 0o755, R), ("lib/a.so", "a.so.1", 0o777, S), ("lib/a.so.1", "x", 0o644, R))
tarred("plain.tar", ("python/" + "long/" * 40 + "money.py", "EUR = 1", 0o644, R))
zipped("dots.zip", ("../dots.txt", "x", FILE))
tarred("dots.tar", ("a/../../dots.txt", "x", 0o644, R))
tarred("absolute.tar", ("/tmp/busbar-absolute.txt", "x", 0o644, R))
tarred("link.tar", ("a/out", "../../etc", 0o777, S))
zipped("link.zip", ("out", "/etc", LINK))
tarred("links.tar", ("a/up", "..", 0o777, S), ("out", "a/up/..", 0o777, S))
tarred("through.tar", ("a", "b", 0o777, S), ("a/file", "x", 0o644, R))
tarred("chain.tar", ("a/b/up", "../..", 0o777, S), ("a/b/up/out", "../../..", 0o777, S), ("a/b/up/out/outside", "x", 0o777, S))
tarred("nowhere.tar", ("a", "b", 0o777, S))
tarred("hard.tar", ("a", "x", 0o644, R), ("b", "a", 0o644, H))
tarred("pipe.tar", ("a", "", 0o644, F))
zipped("twice.zip", ("a", "1", FILE), ("a", "2", FILE))
open("broken.zip", "wb").write(open("good.zip", "rb").read()[:150])
open("broken.tar.gz", "wb").write(open("good.tar.gz", "rb").read()[:150])
with tarfile.open("bomb.tar.gz", "w:gz", compresslevel=1) as out:
    info = tarfile.TarInfo("a"); info.size = 262144001
    out.addfile(info, open("/dev/zero", "rb"))
`;

describe("layers of a process", { concurrency: 4 }, () => {
  let folder: string;
  const temporary = process.env["TMPDIR"];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "busbar-layers-test-"));
    mkdirSync(join(folder, "tmp"));
    process.env["TMPDIR"] = join(folder, "tmp");
    execFileSync("python3", ["-c", ARCHIVES], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  });
  after(() => {
    if (temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = temporary;
    rmSync(folder, { recursive: true });
  });

  function archive(name: string): Extract<Layer, { kind: "archive" }> {
    const path = join(folder, name);
    return { kind: "archive", path, sha256: createHash("sha256").update(readFileSync(path)).digest("hex") };
  }

  for (const name of ["good.zip", "good.tar.gz"]) {
    it(`${name} is unpacked with its links and executables, once for its checksum`, async () => {
      const layer = archive(name);
      assert.equal(await layerProblem(layer), undefined);
      const [unpacked = ""] = await layerFolders([layer]);
      assert.equal(readFileSync(join(unpacked, "python/money.py"), "utf8"), "EUR = 1");
      assert.equal(readFileSync(join(unpacked, "lib/a.so"), "utf8"), "x");
      assert.equal(statSync(join(unpacked, "bin/tool")).mode & 0o777, 0o755);
      assert.equal(statSync(join(unpacked, "python/money.py")).mode & 0o777, 0o644);
      writeFileSync(join(unpacked, "seen"), "");
      assert.ok(existsSync(join((await layerFolders([layer]))[0]!, "seen")));
    });
  }

  it("a .tar file without compression, with names of more than 100 bytes, is unpacked", async () => {
    const [unpacked = ""] = await layerFolders([archive("plain.tar")]);
    assert.ok(existsSync(join(unpacked, "python", ...Array<string>(40).fill("long"), "money.py")));
  });

  for (const [name, problem] of [
    ["dots.zip", /is broken: invalid relative path: \.\.\/dots\.txt/],
    ["dots.tar", /has an entry that leads out of it: "a\/\.\.\/\.\.\/dots\.txt"/],
    ["absolute.tar", /has an entry that leads out of it: "\/tmp\/busbar-absolute\.txt"/],
    ["link.tar", /has a link that leads out of it: "a\/out" to "\.\.\/\.\.\/etc"/],
    ["link.zip", /has a link that leads out of it: "out" to "\/etc"/],
    ["hard.tar", /has an entry that is no file, folder or symbolic link: "b"/],
    ["pipe.tar", /has an entry that is no file, folder or symbolic link: "a"/],
    ["bomb.tar.gz", /has more than 262144000 bytes when it is unpacked/],
    ["broken.zip", /is broken: /],
    ["broken.tar.gz", /is broken: /],
  ] as const) {
    it(`${name} is refused before it is unpacked, and when it is`, async () => {
      assert.match((await layerProblem(archive(name))) ?? "nothing", problem);
      await assert.rejects(layerFolders([archive(name)]), problem);
    });
  }

  for (const [name, problem] of [
    ["links.tar", /has a link that leads out of it: "out" to "a\/up\/\.\."/],
    ["through.tar", /has two entries of one name/],
    ["nowhere.tar", /has a link that leads nowhere: "a" to "b"/],
    ["twice.zip", /has two entries of one name/],
  ] as const) {
    it(`${name} is refused when it is unpacked, and leaves nothing behind`, async () => {
      await assert.rejects(layerFolders([archive(name)]), problem);
      assert.ok(!existsSync(join(folder, "tmp", `busbar-layers-${process.getuid?.()}`, archive(name).sha256)));
    });
  }

  it("a link through other links is refused, and made nowhere", async () => {
    await assert.rejects(layerFolders([archive("chain.tar")]), /has two entries of one name/);
    assert.equal(lstatSync(join(folder, "outside"), { throwIfNoEntry: false }), undefined);
  });

  it("the entry that is one too many is refused", () => {
    const check = new EntryCheck();
    const content = () => assert.fail();
    const add = () => check.pathOf({ path: "a", kind: "file", isExecutable: false, bytes: 0, content });
    for (let count = 1; count <= 65_536; count += 1) assert.equal(add(), "a");
    assert.throws(add, /has more than 65536 entries/);
  });

  it("another checksum, a missing folder and a file in a folder's place are problems", async () => {
    const good = archive("good.zip");
    assert.equal(
      await layerProblem({ ...good, sha256: "0".repeat(64) }),
      `has another checksum than its sha256 says: ${good.sha256}`,
    );
    await assert.rejects(layerFolders([{ ...good, sha256: "0".repeat(64) }]), /has another checksum/);
    assert.equal(await layerProblem({ kind: "folder", path: join(folder, "none") }), "is not there");
    assert.equal(await layerProblem({ kind: "folder", path: good.path }), "is not a folder");
  });

  it("an archive that was replaced after the configuration was read is noticed", async () => {
    const path = join(folder, "replaced.zip");
    writeFileSync(path, readFileSync(join(folder, "good.zip")));
    const layer = { ...archive("replaced.zip"), path };
    assert.equal(await layerProblem(layer), undefined);
    writeFileSync(path, readFileSync(join(folder, "twice.zip")));
    assert.match((await layerProblem(layer)) ?? "nothing", /has another checksum/);
  });

  it("the folders of a later layer come before those of an earlier one, and behind the function's own", async () => {
    const [one, two] = ["one", "two"].map((name) => join(folder, name));
    for (const part of ["bin", "lib", "python/lib/python3.12/site-packages", "nodejs/node_modules", "java/lib"]) {
      mkdirSync(join(one!, part), { recursive: true });
    }
    for (const part of ["bin", "python", "nodejs/node22/node_modules", "ruby/gems/3.4.0", "ruby/lib"]) {
      mkdirSync(join(two!, part), { recursive: true });
    }
    const layers = [one!, two!].map((path) => ({ kind: "folder", path }) as const);
    const prepared = await prepareLayers(layers, ["python3"]);
    assert.deepEqual(withLayerPaths({ PATH: "/bin", PYTHONPATH: "own", HOME: "/" }, prepared), {
      HOME: "/",
      PATH: `/bin:${two}/bin:${one}/bin`,
      LD_LIBRARY_PATH: `${one}/lib`,
      PYTHONPATH: `own:${two}/python:${one}/python/lib/python3.12/site-packages:${one}/python`,
      NODE_PATH: `${two}/nodejs/node22/node_modules:${one}/nodejs/node_modules`,
      GEM_PATH: `${two}/ruby/gems/3.4.0`,
      RUBYLIB: `${two}/ruby/lib`,
      CLASSPATH: `${one}/java/lib/*`,
      BUSBAR_LAYERS: `${two}:${one}`,
    });
  });

  it("of several versions the command's first word names one, and is asked for where it does not", async () => {
    const path = join(folder, "versions");
    for (const version of ["python3.1", "python3.12"]) {
      mkdirSync(join(path, "python/lib", version, "site-packages"), { recursive: true });
    }
    for (const version of ["3.3.0", "3.4.0"]) mkdirSync(join(path, "ruby/gems", version), { recursive: true });
    const layers = [{ kind: "folder", path }] as const;
    await assert.rejects(prepareLayers(layers, ["python3"]), /has python3\.1 and python3\.12: the first word/);
    await assert.rejects(prepareLayers(layers, ["/usr/bin/python3.12"]), /has 3\.3\.0 and 3\.4\.0/);
    rmSync(join(path, "ruby/gems/3.3.0"), { recursive: true });
    const { paths } = await prepareLayers(layers, ["/usr/bin/python3.12"]);
    assert.deepEqual(paths["PYTHONPATH"], [`${path}/python/lib/python3.12/site-packages`, `${path}/python`]);
  });
});
