import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SERVICE_ACTIONS } from "../../../src/edge/aws/services/services.ts";
import { loadAccess, tokenDigest } from "../../../src/config/access/load-access.ts";

const SECRET = "a-secret-of-the-checkout";

describe("the credentials file", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-access-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function load(text: string) {
    const file = join(folder, "access.yaml");
    await writeFile(file, text);
    const loaded = await loadAccess(file, {
      env: { CHECKOUT_SECRET: SECRET },
      folders: [],
      serviceActions: SERVICE_ACTIONS,
    });
    if (loaded.ok) return { credentials: loaded.credentials, problems: [] };
    return { problems: loaded.problems.map(({ message, line }) => `${line}: ${message}`) };
  }

  it("A credentials file gives each credential its principal and what it may do", async () => {
    const { credentials, problems } = await load(`
policies:
  read: { statements: [{ effect: Allow, action: "events:List*", resource: "*" }] }
accessKeys:
  AKIDCHECKOUT:
    name: checkout
    secret: \${env:CHECKOUT_SECRET}
    requestsPerSecond: 5
    policies: [read]
    statements:
      - effect: Allow
        action: [events:PutEvents]
        resource: arn:aws:events:*:*:event-bus/default
        condition: { StringLike: { "events:source": shop.* } }
bearerTokens:
  operators: { tokens: [an-operators-old-token, an-operators-new-token], policies: [read] }
issuers:
  people:
    issuer: https://id.example.com
    audience: busbar
    grants: [{ claim: groups, values: [ops], policies: [read] }]
`);
    assert.deepEqual(problems, []);
    const read = { effect: "Allow", actions: ["events:List*"], resources: ["*"], conditions: [] };
    assert.deepEqual(credentials?.accessKeys.get("AKIDCHECKOUT"), {
      secret: SECRET,
      principal: {
        id: "access-key/checkout",
        requestsPerSecond: 5,
        statements: [
          {
            effect: "Allow",
            actions: ["events:PutEvents"],
            resources: ["arn:aws:events:*:*:event-bus/default"],
            conditions: [{ operator: "StringLike", key: "events:source", values: ["shop.*"] }],
          },
          read,
        ],
      },
    });
    const operators = { id: "bearer-token/operators", statements: [read] };
    for (const token of ["an-operators-old-token", "an-operators-new-token"]) {
      assert.deepEqual(credentials.bearerTokens.get(tokenDigest(token)), operators);
    }
    assert.deepEqual(credentials.issuers.get("https://id.example.com"), {
      name: "people",
      issuer: "https://id.example.com",
      audience: ["busbar"],
      clockToleranceSeconds: 60,
      nameClaim: "sub",
      grants: [{ claim: "groups", values: ["ops"], statements: [read] }],
    });
  });

  it("A credentials file's problems are listed with their places and without its secrets", async () => {
    const { problems } = await load(`
accessKeys:
  AKID1: { secret: short-secret, policies: [reed] }
  AKID2: { secret: "\${env:MISSING_SECRET_OF_ALL}" }
  AKID/3: { secret: a-secret-that-is-long, policies: [read] }
policies:
  read:
    statements:
      - { effect: allow, action: "events:PutEvent", resource: "event-bus/default" }
      - { effect: Deny, action: "*", resource: "*", condition: { StringMatches: { "events:source": a } } }
bearerToken: {}
`);
    assert.deepEqual(problems, [
      '3: access key "AKID1": secret must have at least 16 characters',
      '3: access key "AKID1": policies[0] must name a policy of this file, got "reed"; did you mean "read"?',
      '4: access key "AKID2": must have statements or policies',
      '4: access key "AKID2": secret refers to ${env:MISSING_SECRET_OF_ALL}, which is not set',
      '5: access key "AKID/3": its name must be 1 to 128 letters, digits and . _ @ + = -',
      '9: policy "read": statements[0].effect must be one of Allow, Deny, got "allow"',
      '9: policy "read": statements[0].action fits no action that there is, got "events:PutEvent"; did you mean "events:PutEvents"?',
      '9: policy "read": statements[0].resource must be * or begin with arn:, got "event-bus/default"',
      '10: policy "read": statements[1].condition: unknown property "StringMatches"',
      '11: unknown section "bearerToken", did you mean "bearerTokens"?',
    ]);
  });

  it("A list left empty in a credentials file is a problem", async () => {
    const { problems } = await load("accessKeys:\n  A: { secret: 0123456789abcdef, policies: , statements: }\n");
    assert.deepEqual(problems, [
      '2: access key "A": policies must be a list, got nothing',
      '2: access key "A": statements must be a list, got nothing',
    ]);
  });

  it("A credentials file must hold at least one credential", async () => {
    const policy = `policies: { all: { statements: [{ effect: Allow, action: "*", resource: "*" }] } }`;
    assert.deepEqual((await load(policy)).problems, ["undefined: holds no key, token or issuer"]);
  });

  it("A credentials file gives no two principals the same token", async () => {
    const one = `tokens: [the-very-same-token], statements: [{ effect: Allow, action: "*", resource: "*" }]`;
    const { problems } = await load(`bearerTokens:\n  a: { ${one} }\n  b: { ${one} }\n`);
    assert.deepEqual(problems, ['3: bearer token "b": tokens[0] is a token twice']);
  });
});
