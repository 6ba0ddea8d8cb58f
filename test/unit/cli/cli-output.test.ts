import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { inOneLine } from "../../../src/cli/output/escape.ts";
import { formatMessage, formatTable } from "../../../src/cli/output/format.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";
import { busbar } from "../../support/router/command-line.ts";
import { withFolder } from "../../support/config-folder.ts";

/** Clears the screen, begins a line, goes back in one, sets a title in C1, turns the direction of what follows. */
const HOSTILE = "\x1b[2J\nid  made-up\r\x9d0;title\x9c\u202ereversed\u2028\x7f";
/** What must not reach a terminal: everything of it but the text between. */
const UNSAFE = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]/;

describe("What a command prints", () => {
  it("shows escape sequences and lines of a message's headers and text, and does not send them to the terminal", () => {
    const text = formatMessage({ id: HOSTILE, headers: { [HOSTILE]: HOSTILE }, body: HOSTILE });
    assert.doesNotMatch(text, UNSAFE);
    assert.equal(text.split("\n").length, 4, text);
    assert.ok(text.includes(String.raw`\u001b[2J\u000aid  made-up\u000d\u009d0;title\u009c\u202ereversed\u2028\u007f`));
  });

  it("keeps each row of a table in a line of its own", () => {
    const table = formatTable(["ID", "N"], [[HOSTILE, 1]]);
    assert.doesNotMatch(table, UNSAFE);
    assert.equal(table.split("\n").length, 3, table);
  });

  it("shows what an event or a file has, in explanations and problems, with every character that could be a command escaped", () =>
    withFolder(
      { "a.yaml": "queues: { q: {} }\nrules: { r: { eventPattern: { source: [a] }, targets: { t: { queue: q } } } }" },
      async (folder) => {
        const event = { source: HOSTILE, "detail-type": "T", detail: { [HOSTILE]: 1 } };
        const explained = await busbar(["explain", "--config", folder, "--event", JSON.stringify(event)]);
        assert.match(explained.stdout, /reversed/);
        assert.doesNotMatch(explained.stdout, UNSAFE);
        const wrong = { [HOSTILE]: 1 };
        const refused = await withFolder({ "a.yaml": JSON.stringify(wrong) }, (other) => busbar(["validate", other]));
        assert.match(refused.stderr, /reversed/);
        assert.doesNotMatch(refused.stderr, UNSAFE);
      },
    ));

  it("is the same JSON for a program, escaped or not", () =>
    withFolder({ "a.yaml": JSON.stringify({ [HOSTILE]: 1 }) }, async (folder) => {
      const { stdout } = await busbar(["validate", "--json", folder]);
      assert.doesNotMatch(stdout, UNSAFE);
      const { problems } = JSON.parse(stdout) as { readonly problems: readonly { readonly message: string }[] };
      assert.equal(problems[0]?.message, `unknown section "${HOSTILE}"`);
    }));

  it("goes through one place, so that no command forgets it", async () => {
    const writers: string[] = [];
    for (const name of await readdir("src/cli", { recursive: true })) {
      if (!name.endsWith(".ts")) continue;
      const source = await readFile(join("src/cli", name), "utf8");
      if (/\bstd(out|err)\b|\.write\(|console\.\w+\(/.test(source.replaceAll(/\/\*.*?\*\//gs, ""))) writers.push(name);
    }
    // A bar has nothing in it that came from outside.
    assert.deepEqual(writers.toSorted(), ["output/progress.ts", "terminal.ts"]);
  });

  it("is escaped in time that is in proportion to its length", async () => {
    for (const bytes of [1_048_576, 8 * 1_048_576]) {
      const text = "a\x1b b".repeat(bytes / 4);
      await assertBoundedWork("escaping", bytes, () => inOneLine(text));
    }
  });
});
