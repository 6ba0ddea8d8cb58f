import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fillReferences, readSecrets } from "../../src/config/references.ts";
import { load, problemsOf, withFolder } from "../support/config-folder.ts";

async function filled(value: unknown, env: NodeJS.ProcessEnv = {}) {
  return fillReferences(value, await readSecrets([value], env));
}

describe("a reference to a secret", () => {
  const env = { USER: "ada", EMPTY: "", TRICKY: "$& ${env:USER}" };
  const texts: readonly (readonly [written: string, meant: string])[] = [
    ["${env:USER}", "ada"],
    ["a ${env:USER} b ${env:USER}${env:EMPTY} c", "a ada b ada c"],
    ["$${env:USER}", "${env:USER}"],
    ["$$${env:USER}", "$${env:USER}"],
    ["${HOME} $HOME ${", "${HOME} $HOME ${"],
    ["$${HOME}", "${HOME}"],
    ["${env:TRICKY}", "$& ${env:USER}"],
  ];
  for (const [written, meant] of texts) {
    it(`in ${written} makes ${meant}`, async () => {
      const { value, problems } = await filled({ deep: [written, 1] }, env);
      assert.deepEqual(value, { deep: [meant, 1] });
      assert.deepEqual(problems, []);
    });
  }

  it("may name a file, which loses one trailing newline and no more", () =>
    withFolder({ unix: "secret\n", dos: "secret\r\n", many: " secret\n\n", none: "secret" }, async (folder) => {
      for (const [name, meant] of [
        ["unix", "secret"],
        ["dos", "secret"],
        ["many", " secret\n"],
        ["none", "secret"],
      ]) {
        const { value } = await filled(`\${file:${join(folder, name ?? "")}}`);
        assert.equal(value, meant);
      }
    }));

  it("is a problem when there is nothing behind it", () =>
    withFolder({ large: "x".repeat(64 * 1024 + 1) }, async (folder) => {
      const value = {
        a: "${env:NOPE}",
        b: ["${file:relative}"],
        c: `\${file:${folder}/nope}`,
        d: `\${file:${folder}/large}`,
      };
      assert.deepEqual((await filled(value)).problems, [
        { path: ["a"], message: "refers to ${env:NOPE}, which is not set" },
        { path: ["b", 0], message: "refers to ${file:relative}, which is not an absolute path" },
        { path: ["c"], message: `refers to \${file:${folder}/nope}, which cannot be read: ENOENT` },
        { path: ["d"], message: `refers to \${file:${folder}/large}, which is larger than 65536 bytes` },
      ]);
    }));
});

describe("a resolved secret", () => {
  it("reaches the configuration", async () => {
    const yaml = `apiDestinations: { crm: { url: "http://crm", connection: { basic: { username: a, password: "\${env:PASSWORD}" } } } }`;
    const loaded = await load({ "a.yaml": yaml }, { env: { PASSWORD: "s3cret" } });
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.config.apiDestinations.get("crm")?.auth, {
      kind: "basic",
      username: "a",
      password: "s3cret",
    });
  });

  it("is never quoted, wherever the mistake is", async () => {
    const ref = "${env:SECRET}";
    const yaml = `
functions:
  f: { http: { url: "${ref}" }, timeoutSeconds: "${ref}", onFailure: { queue: "${ref}" } }
  g: { process: { command: "${ref}" }, environment: { A: ["${ref}"] } }
queues: { q: {} }
apiDestinations:
  crm: { url: "http://me:${ref}@crm", method: "${ref}", connection: { apiKey: { header: "${ref}", value: "${ref}" } } }
rules:
  r:
    state: "${ref}"
    eventPattern: { a: [{ wildcard: "${ref}" }] }
    conditions: { all: ["${ref}"] }
    targets:
      a: { queue: q, input: "${ref}" }
      b: { queue: q, inputPath: "${ref}" }
      c: { queue: q, inputTransformer: { inputPathsMap: { a: "${ref}" }, inputTemplate: "${ref}" } }
      d: { queue: q, inputTransformer: { inputTemplate: '"<${ref}>"' } }
      e: { function: "${ref}", retryPolicy: { maximumRetryAttempts: "${ref}" } }
`;
    const secret = "**s3cret\n";
    const conditions = () => ({ ok: false, problems: [{ path: ["all"], message: `no ${secret}` }] }) as const;
    const problems = await problemsOf({ "a.yaml": yaml }, { env: { SECRET: secret }, conditions });
    assert.ok(problems.length >= 16, problems.join("\n"));
    for (const problem of problems) assert.doesNotMatch(problem, /s3cret/);
  });
});
