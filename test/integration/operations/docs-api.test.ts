import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../../support/router/checkout.ts";
import { blocksOf } from "../../support/docs/documentation.ts";
import { Router } from "../../support/router/router.ts";

interface Example {
  /** The words of the command, as a shell would take them apart. */
  readonly words: readonly string[];
  readonly output: string;
}

function examples(): readonly Example[] {
  const sessions = blocksOf("api.md").filter(({ info }) => info === "console");
  return sessions.map(({ text }) => {
    // The command may have several lines; the output has one.
    const end = text.trimEnd().lastIndexOf("\n");
    return { words: wordsOf(text.slice("$ ".length, end)), output: text.slice(end).trim() };
  });
}

/** Knows plain words, single quotes and a backslash at the end of a line, which is all that the page uses. */
function wordsOf(command: string): readonly string[] {
  const parts = [...command.matchAll(/'([^']*)'|\\\n|\s+|([^\s'\\]+)/g)];
  assert.equal(parts.map(([part]) => part).join(""), command);
  return parts.flatMap(([, quoted, plain]) => quoted ?? plain ?? []);
}

/** Makes the request that curl would make of these words, and resolves with the body of the answer. */
async function curl(words: readonly string[], router: Router): Promise<string> {
  const [program, ...rest] = words;
  assert.equal(program, "curl");
  const request: { method?: string; body?: string; headers: Record<string, string> } = { headers: {} };
  let url = "";
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-s") continue;
    if (word === "-X") request.method = rest.shift()!;
    else if (word === "-d") Object.assign(request, { method: "POST", body: rest.shift() });
    else if (word === "-H") {
      const [name = "", value = ""] = rest.shift()!.split(": ");
      request.headers[name] = value;
    } else url = word.replace("localhost:8080", router.publicUrl).replace("localhost:9090", router.adminUrl);
  }
  return (await fetch(url, request)).text();
}

/** Ids, times and folders differ from run to run, and a digest with every change of the sample. */
function withoutChance(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z/g, "TIME")
    .replaceAll(/("place"):"[^"]*"/g, '$1:"PLACE"')
    .replaceAll(/("busbar-first-at"):\d+/g, "$1:MS")
    .replaceAll(/("configuration"):"[0-9a-f]{16}"/g, '$1:"DIGEST"');
}

describe("docs/api.md", () => {
  let router: Router;

  before(async () => {
    const sample = ["functions.yaml", "rules.yaml"].map((file) => readFileSync(`${ROOT}/config/${file}`, "utf8"));
    router = await Router.start({ config: sample.join("\n") });
  });
  after(() => router.remove());

  it("docs/api.md shows what a router with the sample configuration answers, one request after another", async () => {
    const all = examples();
    assert.ok(all.length >= 13);
    for (const { words, output } of all) {
      assert.equal(withoutChance(await curl(words, router)), withoutChance(output), words.join(" "));
    }
  });
});
