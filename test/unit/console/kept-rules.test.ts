import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, it } from "node:test";
import { deflateRawSync } from "node:zlib";
import { explainKeptBy } from "../../../src/app/console/explain-kept.ts";
import { readKeptRules } from "../../../src/config/document/kept-rules.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";
import { explain } from "../../../src/flow/explain/explain-request.ts";
import { tryParseExactly } from "../../../src/json/exact-json.ts";
import { withFolder } from "../../support/config-folder.ts";
import { IDENTITY } from "../../support/sample.ts";

/** Its rules are in the order of their names, as a document has them: rules that are equally near keep their order. */
const CONFIG = `
eventBuses: { audit: {} }
queues: { orders: {} }
functions:
  crm: { http: { url: "https://hooks.example.com/secret/path" } }
rules:
  audit/all: { eventPattern: { source: [{ exists: true }] }, targets: { orders: { queue: orders } } }
  braces: { eventPattern: { source: ["$\${shop}"] }, targets: {} }
  checked:
    eventPattern: { source: [shop] }
    conditions: { all: [{ fact: detail, path: $.total, operator: greaterThan, value: 50 }] }
    targets: { audit: { eventBus: audit } }
  exact: { eventPattern: { detail: { id: [12345678901234567890] } }, targets: { orders: { queue: orders } } }
  huge: { eventPattern: { source: [shop], detail: { total: [{ numeric: [">=", 1000] }] } }, targets: { crm: { function: crm } } }
  off: { state: DISABLED, eventPattern: { source: [shop] }, targets: { orders: { queue: orders } } }
`;
const EVENTS = [
  '{"source":"shop","detail":{"total":20}}',
  '{"source":"shop","detail":{"total":2000}}',
  '{"source":"${shop}","detail":{"id":12345678901234567890}}',
  '{"source":"x","detail":{"id":12345678901234567891}}',
];

async function loaded(config: string) {
  const read = await withFolder({ "busbar.yaml": config }, (folder) => loadConfig(folder, { compileConditions }));
  assert.ok(read.ok, JSON.stringify(read));
  return read.config;
}

const documentOf = (document: object) => deflateRawSync(JSON.stringify(document));

describe("Rules that are kept", () => {
  it("Events are explained by a configuration's document as by the configuration itself", async () => {
    const config = await loaded(CONFIG);
    const explainKept = explainKeptBy(() => config.document.deflated(), IDENTITY);
    const means = { config, identity: IDENTITY, nowMs: 0, pause: nextTurn, mayExplain: () => true };
    for (const bus of ["default", "audit"]) {
      for (const text of EVENTS) {
        const asked = { event: tryParseExactly(text), bus };
        const wanted = await explain(asked, means);
        assert.ok(wanted.ok);
        assert.deepEqual(await explainKept(config.document.digest, asked, () => true), wanted, `${bus} ${text}`);
      }
    }
  });

  it("An explanation by rules that are kept names no bus that its caller may not have explained", async () => {
    const config = await loaded(CONFIG);
    const explainKept = explainKeptBy(() => config.document.deflated(), IDENTITY);
    const asked = { event: tryParseExactly(EVENTS[1] ?? "") };
    const answer = await explainKept("d", asked, (bus) => bus === "default");
    assert.ok(answer.ok);
    assert.doesNotMatch(JSON.stringify(answer), /audit\/all/);
    assert.equal((await explainKept("d", { ...asked, bus: "audit" }, (bus) => bus === "default")).ok, false);
  });

  it("A document is compiled once for one event after another, and asked for again where it was not kept", async () => {
    const { document } = await loaded(CONFIG);
    const found: (Uint8Array | undefined)[] = [undefined, await document.deflated(), undefined];
    const asked: string[] = [];
    const explainKept = explainKeptBy((digest) => {
      asked.push(digest);
      return Promise.resolve(found[asked.length - 1]);
    }, IDENTITY);
    const isExplained = async (digest: string) => (await explainKept(digest, { event: {} }, () => true)).ok;
    const answers = [await isExplained("a"), await isExplained("a"), await isExplained("a"), await isExplained("b")];
    assert.deepEqual(answers, [false, true, true, false]);
    assert.deepEqual(asked, ["a", "a", "b"]);
  });

  it("A document with a rule that this version cannot read has no rules, rather than fewer", async () => {
    const rule = { eventPattern: { source: ["shop"] }, targets: {} };
    for (const [document, isRead] of [
      [documentOf({ rules: { "default/a": rule } }), true],
      [documentOf({}), true],
      [documentOf({ rules: { "default/a": rule, "default/b": { ...rule, later: 1 } } }), false],
      [documentOf({ rules: ["a"] }), false],
      [documentOf([]), false],
      [Buffer.from("no document"), false],
    ] as const) {
      assert.equal((await readKeptRules(document, { compileConditions })) !== undefined, isRead);
    }
  });
});
