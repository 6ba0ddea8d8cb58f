import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadAccess } from "../../../src/config/access/load-access.ts";
import { ADMIN_ACTIONS, HISTORY_ACTIONS, PRODUCER_ACTIONS } from "../../../src/domain/access/actions.ts";
import { SERVICE_ACTIONS } from "../../../src/edge/aws/services/services.ts";
import { blocksOf, codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const PAGE = "security.md";

describe("docs/security.md", () => {
  it("docs/security.md shows a valid file of keys, tokens and policies", async () => {
    const [example] = blocksOf(PAGE).filter(({ info }) => info === "yaml access");
    assert.ok(example);
    const folder = await mkdtemp(join(tmpdir(), "busbar-docs-"));
    const file = join(folder, "access.yaml");
    // The secrets of the example are not on this machine.
    await writeFile(file, example.text.replaceAll(/\$\{file:([^}]*)\}/g, "the-secret-at-$1"));
    const loaded = await loadAccess(file, { env: {}, folders: [], serviceActions: SERVICE_ACTIONS });
    await rm(folder, { recursive: true });
    assert.ok(loaded.ok, JSON.stringify(loaded));
  });

  it("docs/security.md lists exactly the actions that there are", () => {
    const listed = rowsOf(sectionOf(PAGE, "### Policies")).flatMap(([actions = ""]) => codeIn(actions));
    const actions = [...SERVICE_ACTIONS, ...ADMIN_ACTIONS, ...HISTORY_ACTIONS, ...PRODUCER_ACTIONS];
    assert.deepEqual(listed.toSorted(), actions.sort());
  });

  it("docs/security.md names a test for each attack, which stands in the file that it links to", () => {
    const rows = rowsOf(sectionOf(PAGE, "## What was tried"));
    assert.ok(rows.length >= 15);
    for (const [attack = "", , tests = ""] of rows) {
      const links = [...tests.matchAll(/\[([^\]]+)\]\(\.\.\/(test\/[^)]+)\)/g)];
      assert.ok(links.length > 0, `${attack}: names no test`);
      for (const [, name = "", path = ""] of links) {
        assert.ok(testNamesIn(path).includes(name), `${attack}: ${path} has no test "${name}"`);
      }
    }
  });
});

/** The names of the tests in a file as the page writes them: what a name takes from a table of cases is a `…`. */
function testNamesIn(path: string): readonly string[] {
  const source = readFileSync(path, "utf8");
  const names = source.matchAll(/\b(?:it|test)\(\s*(?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/g);
  return [...names].map(([, plain, template = ""]) => plain ?? template.replaceAll(/\$\{[^}]*\}/g, "…"));
}
