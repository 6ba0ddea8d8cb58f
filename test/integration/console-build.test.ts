import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { buildConsole } from "../support/console-build.ts";
import { suiteEndings } from "../support/endings.ts";

const FIRST_VIEW_BYTES_MAX = 60 * 1024;

describe("The console's page as it is built", () => {
  let folder: string;
  let html: string;
  const endings = suiteEndings();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-console-"));
    endings.after(() => rm(folder, { recursive: true }));
    await buildConsole(folder);
    html = await readFile(join(folder, "index.html"), "utf8");
  });

  it("needs at most 60 KiB of compressed JavaScript", async () => {
    const files = await readdir(folder, { recursive: true });
    const scripts = await Promise.all(
      files.filter((file) => file.endsWith(".js")).map((file) => readFile(join(folder, file))),
    );
    const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
    assert.ok(scripts.length >= 1 && bytes <= FIRST_VIEW_BYTES_MAX, `${scripts.length} files, ${bytes} bytes`);
  });

  it("has nothing written into its HTML that its content security policy forbids", () => {
    assert.doesNotMatch(html, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  });

  it("has addresses that are relative to its base only, so that any path can serve it", () => {
    const addresses = Array.from(html.matchAll(/<[^>]*\s(?:href|src)="([^"]*)"/g), ([, address = ""]) => address);
    assert.ok(addresses.length >= 3, addresses.join());
    assert.deepEqual(
      addresses.filter((address) => /^(?:\/|[a-z]+:)/.test(address)),
      [],
    );
  });

  it("names no address of another server", async () => {
    const files = (await readdir(folder, { recursive: true })).filter((file) => /\.(?:js|css|html|svg)$/.test(file));
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    // A name of XML is no address, and the other one stands in an error's message.
    const found = texts.flatMap((text) => text.match(/https?:\/\/[^\s"'`)]+/g) ?? []);
    assert.deepEqual(
      found.filter((address) => !/^http:\/\/www\.w3\.org\/|^https:\/\/github\.com\/preactjs\//.test(address)),
      [],
    );
  });
});
