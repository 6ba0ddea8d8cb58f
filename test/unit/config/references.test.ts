import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { fillReferences, readSecrets } from "../../../src/config/source/references.ts";
import { load, problemsOf, withFolder } from "../../support/config-folder.ts";

/** Fills an environment of a process, which may hold references in each of its values. */
async function filled(environment: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}, folder = "/none") {
  const holder = { section: "functions", raw: { environment } };
  const { value, problems } = fillReferences(holder, await readSecrets([holder], { env, folders: [folder] }));
  return { value: (value as typeof holder.raw).environment, problems };
}

describe("references to secrets", () => {
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
    it(`The reference in ${written} makes ${meant}`, async () => {
      const { value, problems } = await filled({ TEXT: written, NUMBER: 1 }, env);
      assert.deepEqual(value, { TEXT: meant, NUMBER: 1 });
      assert.deepEqual(problems, []);
    });
  }

  it("A reference may name a file, and one trailing newline of it is dropped", () =>
    withFolder({ unix: "secret\n", dos: "secret\r\n", many: " secret\n\n", none: "secret" }, async (folder) => {
      for (const [name, meant] of [
        ["unix", "secret"],
        ["dos", "secret"],
        ["many", " secret\n"],
        ["none", "secret"],
      ]) {
        const { value } = await filled({ A: `\${file:${join(folder, name ?? "")}}` }, {}, folder);
        assert.deepEqual(value, { A: meant });
      }
    }));

  it("A reference to a secret that does not exist is a problem", () =>
    withFolder({ large: "x".repeat(64 * 1024 + 1) }, async (folder) => {
      const value = {
        a: "${env:NOPE}",
        b: "${file:relative}",
        c: `\${file:${folder}/nope}`,
        d: `\${file:${folder}/large}`,
      };
      assert.deepEqual((await filled(value, {}, folder)).problems, [
        { path: ["environment", "a"], message: "refers to ${env:NOPE}, which is not set" },
        { path: ["environment", "b"], message: "refers to ${file:relative}, which is not an absolute path" },
        { path: ["environment", "c"], message: `refers to \${file:${folder}/nope}, which cannot be read: ENOENT` },
        { path: ["environment", "d"], message: `refers to \${file:${folder}/large}, which is larger than 65536 bytes` },
      ]);
    }));
});

describe("references to files", () => {
  it("A reference to a file leads into no other folder than those of secrets, by dots or by a link", () =>
    withFolder({ secret: "s3cret" }, (outside) =>
      withFolder({ inside: "fine" }, async (folder) => {
        await symlink(join(outside, "secret"), join(folder, "link"));
        await symlink(join(folder, "inside"), join(folder, "own-link"));
        const refused = [
          join(outside, "secret"),
          `${folder}/../${basename(outside)}/secret`,
          join(folder, "link"),
          folder,
        ];
        for (const path of refused) {
          const { value, problems } = await filled({ A: `\${file:${path}}` }, {}, folder);
          assert.deepEqual(value, { A: `\${file:${path}}` });
          const reason = `which is in no folder of BUSBAR_SECRET_FOLDERS: ${folder}`;
          assert.deepEqual(problems[0]?.message, `refers to \${file:${path}}, ${reason}`);
        }
        const { value } = await filled({ A: `\${file:${folder}/own-link}` }, {}, folder);
        assert.deepEqual(value, { A: "fine" });
      }),
    ));
});

describe("references where no secret belongs", () => {
  it("A reference where no secret belongs is a problem at its place and is not followed", async () => {
    const yaml = `
functions:
  f: { http: { url: "http://f" }, description: "\${env:SECRET}" }
  g: { process: { command: [run, "\${env:SECRET}"] } }
queues: { q: { description: "\${file:/run/secrets/x}" } }
apiDestinations:
  crm: { url: "http://crm", connection: { apiKey: { header: "\${env:SECRET}", value: a } } }
rules:
  r:
    eventPattern: { source: ["\${env:SECRET}"] }
    targets:
      a: { queue: q, input: { text: ["x", "the \${env:SECRET}"] } }
      b: { queue: q, inputTransformer: { inputTemplate: '"\${env:SECRET}"' } }
      c: { queue: q, input: { text: "$\${env:SECRET}" } }
`;
    const env = new Proxy<NodeJS.ProcessEnv>({}, { get: () => assert.fail("looked up") });
    const problems = await problemsOf({ "a.yaml": yaml }, { env });
    assert.deepEqual(problems, [
      'function "f": description refers to ${env:SECRET}, and no secret belongs here (a.yaml:3:48)',
      'function "g": process.command[1] refers to ${env:SECRET}, and no secret belongs here (a.yaml:4:34)',
      'queue "q": description refers to ${file:/run/secrets/x}, and no secret belongs here (a.yaml:5:29)',
      'API destination "crm": connection.apiKey.header refers to ${env:SECRET}, and no secret belongs here (a.yaml:7:61)',
      'rule "r": eventPattern.source[0] refers to ${env:SECRET}, and no secret belongs here (a.yaml:10:30)',
      'rule "r": target "a": input.text[1] refers to ${env:SECRET}, and no secret belongs here (a.yaml:12:43)',
      'rule "r": target "b": inputTransformer.inputTemplate refers to ${env:SECRET}, and no secret belongs here (a.yaml:13:57)',
    ]);
  });
});

describe("resolved secrets", () => {
  it("A resolved secret reaches the configuration", async () => {
    const yaml = `apiDestinations: { crm: { url: "http://crm", connection: { basic: { username: a, password: "\${env:PASSWORD}" } } } }`;
    const loaded = await load({ "a.yaml": yaml }, { env: { PASSWORD: "s3cret" } });
    assert.ok(loaded.ok);
    assert.deepEqual(loaded.config.apiDestinations.get("crm")?.auth, {
      kind: "basic",
      username: "a",
      password: "s3cret",
    });
  });

  it("A resolved secret is never quoted, wherever the mistake is", async () => {
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
    const problems = await problemsOf({ "a.yaml": yaml }, { env: { SECRET: secret } });
    assert.ok(problems.length >= 16, problems.join("\n"));
    for (const problem of problems) assert.doesNotMatch(problem, /s3cret/);
  });
});
