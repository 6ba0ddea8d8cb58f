import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressText, postgresAddress } from "../../src/edge/postgres/postgres-address.ts";
import { asStoreError, isConnectionLost, isRetryable } from "../../src/edge/postgres/postgres-errors.ts";
import { StoreError } from "../../src/ports/store/store.ts";

describe("postgresAddress", () => {
  const CA = { ca: "-----BEGIN CERTIFICATE-----" };

  it("postgresAddress decodes what a URL encodes, and has libpq's defaults for the rest", () => {
    assert.deepEqual(postgresAddress("postgres://us%20er:p%40ss%2F@[::1]:5433/my%20base", {}), {
      host: "::1",
      port: 5433,
      user: "us er",
      password: "p@ss/",
      database: "my base",
      ssl: false,
    });
    const { host, port, user, database } = postgresAddress("postgresql://ada@db", {});
    assert.deepEqual([host, port, user, database], ["db", 5432, "ada", "ada"]);
    assert.equal(postgresAddress("postgres://db", {}).user, "busbar");
  });

  it("postgresAddress has a text for messages that holds no password", () => {
    assert.equal(addressText(postgresAddress("postgres://ada:secret@db/base", {})), "db:5432/base");
  });

  it("postgresAddress checks certificates wherever there is something to check them by, or it is asked to", () => {
    const checks = (mode: string, tls: object): unknown => {
      const { ssl } = postgresAddress(`postgres://db${mode === "" ? "" : `?sslmode=${mode}`}`, tls);
      return ssl === false ? "plain" : ssl.rejectUnauthorized;
    };
    const rows = ["", "disable", "require", "verify-full"].map((mode) => [checks(mode, {}), checks(mode, CA)]);
    assert.deepEqual(rows, [
      ["plain", true],
      ["plain", "plain"],
      [false, true],
      [true, true],
    ]);
  });
});

describe("asStoreError", () => {
  const fromServer = (code: string): Error => Object.assign(new Error("said"), { code, severity: "ERROR" });
  const fromNode = (code?: string): Error => Object.assign(new Error("said"), code === undefined ? {} : { code });

  const cases: readonly (readonly [error: Error, reason: string, isLost: boolean])[] = [
    [fromServer("53100"), "full", false],
    [fromServer("53300"), "unavailable", false],
    [fromServer("57P01"), "unavailable", true],
    [fromServer("57014"), "unavailable", false],
    [fromServer("08006"), "unavailable", true],
    [fromServer("25006"), "unavailable", true],
    [fromServer("25P03"), "unavailable", true],
    [fromServer("40P01"), "unavailable", false],
    [fromServer("28P01"), "refused", false],
    [fromServer("3D000"), "refused", false],
    [fromServer("42501"), "refused", false],
    [fromServer("22021"), "refused", false],
    [fromNode("ECONNREFUSED"), "unavailable", true],
    // Five characters of Node.js's are no state of PostgreSQL's.
    [fromNode("EPIPE"), "unavailable", true],
    [fromNode(), "unavailable", true],
    [fromNode("DEPTH_ZERO_SELF_SIGNED_CERT"), "refused", true],
    [fromNode("ERR_TLS_CERT_ALTNAME_INVALID"), "refused", true],
  ];
  for (const [error, reason, isLost] of cases) {
    const code = "code" in error ? String(error.code) : "no code";
    it(`asStoreError calls ${code} ${reason}, and the connection ${isLost ? "lost" : "good"}`, () => {
      const { reason: found, message, cause } = asStoreError(error);
      assert.deepEqual([found, message, cause, isConnectionLost(error)], [reason, "said", error, isLost]);
    });
  }

  it("asStoreError leaves an error of the store as it is, and has the texts of all addresses of a host", () => {
    const error = new StoreError("full", "said");
    assert.equal(asStoreError(error), error);
    const both = new AggregateError([new Error("one"), new Error("other")], "");
    assert.equal(asStoreError(both).message, "one; other");
  });

  it("isRetryable is what PostgreSQL ended in favour of another transaction", () => {
    const retryable = cases
      .filter(([error]) => isRetryable(error))
      .map(([error]) => (error as Error & { code: string }).code);
    assert.deepEqual([retryable, isRetryable(fromServer("40001"))], [["40P01"], true]);
  });
});
