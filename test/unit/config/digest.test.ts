import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inflateRawSync } from "node:zlib";
import type { ConfigDocument } from "../../../src/domain/config.ts";
import { load } from "../../support/config-folder.ts";

const FUNCTIONS = `
functions:
  stock: { http: { url: "http://stock:8080/events" } }
  legacy: { container: { url: "http://legacy:8080" } }
`;
const RULES = `
rules:
  big-orders: { eventPattern: { source: [shop], detail: { total: [{ numeric: [">=", 100] }] } }, targets: { a: { function: stock } } }
  orders/all: { eventPattern: { source: [shop] }, targets: {} }
eventBuses:
  orders: {}
`;

async function documentOf(files: Record<string, string>, env: NodeJS.ProcessEnv = {}): Promise<ConfigDocument> {
  const loaded = await load(files, { env });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config.document;
}

const textOf = async (document: ConfigDocument): Promise<string> =>
  inflateRawSync(await document.deflated()).toString();

describe("The digest of a configuration", () => {
  it("is the same whatever the order of files, entries and keys, and however they are laid out", async () => {
    const { digest } = await documentOf({ "a.yaml": FUNCTIONS, "b.yaml": RULES });
    assert.match(digest, /^[0-9a-f]{16}$/);
    assert.equal((await documentOf({ "a.yaml": RULES, "b.yaml": FUNCTIONS })).digest, digest);
    const rearranged = `
eventBuses: { orders: }
rules:
  orders/all: { targets: {}, eventPattern: { source: [shop] } }
  # A rule without a bus is one of the default bus.
  default/big-orders:
    targets: { a: { function: stock } }
    eventPattern: { detail: { total: [numeric: [">=", 100]] }, source: [ "shop" ] }
functions:
  legacy: { container: { url: http://legacy:8080 } }
  stock: { http: { url: http://stock:8080/events } }
`;
    assert.equal((await documentOf({ "all.yaml": rearranged })).digest, digest);
  });

  it("is another one when anything in it is", async () => {
    const { digest } = await documentOf({ "a.yaml": FUNCTIONS, "b.yaml": RULES });
    for (const [from, to] of [
      ["100", "1000"],
      ["stock:8080/events", "stock:8081/events"],
      ["stock:8080/events", "stock:8080/event"],
      ["orders: {}", "orders: { description: new }"],
    ] as const) {
      const files = { "a.yaml": FUNCTIONS.replace(from, to), "b.yaml": RULES.replace(from, to) };
      assert.notEqual((await documentOf(files)).digest, digest, `${from} → ${to}`);
    }
  });

  it("does not depend on what secrets are, and does on what they are called", async () => {
    const files = (name: string) => ({
      "a.yaml": `apiDestinations: { crm: { url: "https://crm/", connection: { bearer: { token: "\${env:${name}}" } } } }`,
    });
    const first = await documentOf(files("TOKEN"), { TOKEN: "one", OTHER: "one" });
    assert.equal((await documentOf(files("TOKEN"), { TOKEN: "two" })).digest, first.digest);
    assert.notEqual((await documentOf(files("OTHER"), { OTHER: "one" })).digest, first.digest);
    const shown = await textOf(first);
    assert.ok(shown.includes('"token":"${env:TOKEN}"'), shown);
  });
});

describe("The document of a configuration", () => {
  it("has no secret, however it is written", async () => {
    const shown = await textOf(
      await documentOf(
        {
          "a.yaml": `
apiDestinations:
  crm:
    url: https://crm.example.com/hooks/SECRET?key=SECRET
    connection: { basic: { username: "SECRET", password: "x-\${env:PW}-SECRET" } }
  chat: { url: "https://\${env:HOST}/\${env:HOOK}" }
functions:
  thumbnailer: { process: { command: [node] }, environment: { A: SECRET, B: "\${env:PW}" } }
  poller: { runtimeApi: { secrets: [SECRET-SECRET-SECRET] } }
`,
        },
        { PW: "SECRET", HOST: "SECRET.example.com", HOOK: "SECRET" },
      ),
    );
    assert.ok(!shown.includes("SECRET"), shown);
    type Entries = Partial<Record<string, Partial<Record<string, unknown>>>>;
    const { apiDestinations = {}, functions = {} } = JSON.parse(shown) as Partial<Record<string, Entries>>;
    assert.match(String(apiDestinations["crm"]?.["url"]), /^https:\/\/crm\.example\.com\/…[0-9a-f]{8}\?\(hidden\)$/);
    assert.deepEqual(apiDestinations["crm"]?.["connection"], {
      basic: { password: "(hidden)${env:PW}(hidden)", username: "(hidden)" },
    });
    assert.equal(apiDestinations["chat"]?.["url"], "https://${env:HOST}/${env:HOOK}");
    assert.deepEqual(functions["thumbnailer"]?.["environment"], { A: "(hidden)", B: "${env:PW}" });
  });

  it("keeps numbers that a double cannot hold", async () => {
    const rule = `rules: { r: { eventPattern: { detail: { n: [1.5, 12345678901234567890] } }, targets: {} } }`;
    const shown = await textOf(await documentOf({ "a.yaml": rule }));
    assert.ok(shown.includes('"n":[1.5,12345678901234567890]'), shown);
  });
});
