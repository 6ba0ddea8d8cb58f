import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Redaction } from "../../../../src/domain/journal/journal-config.ts";
import { createRedactor } from "../../../../src/edge/journal/redact.ts";

function shown(json: string, redaction: Partial<Redaction>): string | undefined {
  const redact = createRedactor({ keys: [], paths: [], with: "mask", ...redaction });
  return redact(Buffer.from(json))?.toString();
}

describe("Redaction in the journal", () => {
  it("replaces members by the end of their names, however they are written", () => {
    const json =
      '{"detail":{"user_password":"x","X-Api-Key":{"a":1},"APIKEY":null,"keyapi":1,"t\\u006fken":"x","tokens":2}}';
    const keys = ["password", "apikey", "token"];
    const expected =
      '{"detail":{"user_password":"***","X-Api-Key":"***","APIKEY":"***","keyapi":1,"token":"***","tokens":2}}';
    assert.equal(shown(json, { keys }), expected);
  });

  it("replaces members by their path, with * for any member or item", () => {
    const json = '{"detail":{"card":{"number":"4","type":"v"},"items":[{"id":1,"n":2},{"id":3}],"map":{"x":{"id":1}}}}';
    assert.equal(
      shown(json, {
        paths: [
          ["detail", "card", "number"],
          ["detail", "items", "*", "id"],
          ["detail", "map", "*"],
        ],
      }),
      '{"detail":{"card":{"number":"***","type":"v"},"items":[{"id":"***","n":2},{"id":"***"}],"map":{"x":"***"}}}',
    );
  });

  it("shows by a hash whether two values are the same, and nothing else of them", () => {
    const hashOf = (value: string) =>
      /"sha256:[0-9a-f]{16}"/.exec(shown(`{"token":${value}}`, { keys: ["token"], with: "hash" })!)?.[0];
    assert.notEqual(hashOf('"a"'), undefined);
    assert.equal(hashOf('"a"'), hashOf('"\\u0061"'));
    assert.notEqual(hashOf('"a"'), hashOf('"b"'));
  });

  it("leaves the rest as it is: the spelling of numbers, the order and __proto__", () => {
    const json = '{"a":1.50,"b":12345678901234567890,"__proto__":{"x":1},"token":1}';
    assert.equal(shown(json, { keys: ["token"] }), json.replace('"token":1', '"token":"***"'));
    assert.equal(shown('{ "a" : 1.0 }', { keys: ["token"] }), '{"a":1.0}');
  });

  it("shows nothing of a value whose name comes again in its object", () => {
    const json = '{"detail":{"login":{"token":"s3cr3t"},"login":1}}';
    assert.equal(shown(json, { keys: ["token"] }), '{"detail":{"login":1}}');
    assert.equal(shown(json, { paths: [["detail", "login", "token"]] }), '{"detail":{"login":1}}');
  });

  it("shows nothing of what cannot be looked through", () => {
    assert.equal(shown("not JSON, token=x", { keys: ["token"] }), undefined);
    assert.equal(shown("[".repeat(5_000) + "]".repeat(5_000), { keys: ["token"] }), undefined);
  });

  it("lets no secret through in any place of any JSON", () => {
    const secret = "s3cr3t-value";
    const withSecret = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(1, "text", null, true),
        fc.array(tie("json"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b", "detail"), tie("json"), { maxKeys: 3 }),
        fc.tuple(fc.constantFrom("Password", "db.password", "x_PASS-WORD"), tie("json")).map(([key, inside]) => ({
          [key]: [secret, inside, { deep: secret }],
        })),
      ),
    })).json;
    fc.assert(
      fc.property(withSecret, (value) => {
        assert.ok(!shown(JSON.stringify(value), { keys: ["password"] })?.includes(secret));
      }),
    );
  });
});
