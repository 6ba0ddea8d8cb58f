import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { buildConsole } from "../../support/console/console-build.ts";
import { suiteEndings } from "../../support/endings.ts";

const FIRST_VIEW_BYTES_MAX = 60 * 1024;
const EDITOR_BYTES_MAX = 120 * 1024;

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

  it("needs at most 60 KiB of compressed JavaScript for its first view", async () => {
    const scripts = await firstScripts(folder, html);
    const sizes = await Promise.all(
      scripts.map(async (script) => gzipSync(await readFile(join(folder, script))).length),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(scripts.length >= 1 && bytes <= FIRST_VIEW_BYTES_MAX, `${scripts.join(", ")}: ${bytes} bytes`);
  });

  it("has its editor in a script of at most 120 KiB, compressed, that is not of the first view", async () => {
    const scripts = await readdir(join(folder, "assets"));
    const editor = scripts.find((script) => script.startsWith("json-editor-")) ?? assert.fail(scripts.join());
    assert.ok(!(await firstScripts(folder, html)).includes(join("assets", editor)));
    const bytes = gzipSync(await readFile(join(folder, "assets", editor))).length;
    assert.ok(bytes <= EDITOR_BYTES_MAX, `${bytes} bytes`);
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

/** The scripts that the page loads at once: those of its HTML, and what they import before they run. */
async function firstScripts(folder: string, html: string): Promise<readonly string[]> {
  const scripts = new Set(Array.from(html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g), ([, path = ""]) => path));
  // A set goes on to what is added to it meanwhile.
  for (const script of scripts) {
    const text = await readFile(join(folder, script), "utf8");
    for (const [, path = ""] of text.matchAll(/(?:^|[;}])import(?:[^"'`()]*from)?["'`]\.\/([^"'`]+\.js)["'`]/g)) {
      scripts.add(join(dirname(script), path));
    }
  }
  return [...scripts];
}
