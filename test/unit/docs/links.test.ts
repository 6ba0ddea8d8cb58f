import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { readPage } from "../../support/docs/documentation.ts";

const DOCS = new URL("../../../docs/", import.meta.url);
const PAGES = [
  ...readdirSync(DOCS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md")),
  "../README.md",
  "../CHANGELOG.md",
  "../CONTRIBUTING.md",
];

/** Where the links of a page lead that stay in the checkout: the file, as seen from docs/, and the heading. */
function linksOf(page: string): readonly { readonly file: string; readonly anchor: string }[] {
  const prose = readPage(page).replaceAll(/^```[^]*?^```$/gm, "");
  const links = [...prose.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)];
  return links.map(([, file = "", anchor = ""]) => ({
    file: file === "" ? page : posix.join(posix.dirname(page), file),
    anchor,
  }));
}

/** The anchors that GitHub makes of a page's headings. */
function anchorsOf(file: string): readonly string[] {
  const headings = [...readPage(file).matchAll(/^#+ (.+)$/gm)];
  return headings.map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the links of the documentation", () => {
  for (const page of PAGES) {
    it(`The links of ${page.replace("../", "")} lead somewhere`, () => {
      for (const { file, anchor } of linksOf(page)) {
        assert.ok(existsSync(new URL(file, DOCS)), `there is no ${file}`);
        if (anchor !== "") assert.ok(anchorsOf(file).includes(anchor), `${file} has no heading for #${anchor}`);
      }
    });
  }
});
