import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { openSqliteStore } from "../../../src/edge/sqlite/store/sqlite-store.ts";
import { createSealing } from "../../../src/edge/sealing/sealing.ts";
import { SECRET_KIND } from "../../../src/ports/store/sealing.ts";
import { STORE_SCHEMA_VERSION } from "../../../src/edge/store/migrations.ts";
import { Authority, type Certificate } from "../../support/http/certificates.ts";
import { busbar } from "../../support/router/command-line.ts";
import { suiteEndings } from "../../support/endings.ts";
import { createDatabase, query, startPostgres } from "../../support/store/postgres.ts";
import type { PostgresServer } from "../../support/store/postgres-server.ts";

const check = (env: Readonly<Record<string, string>>) => busbar(["store", "check"], { env });

describe("busbar store check, of PostgreSQL", { timeout: 120_000 }, () => {
  const endings = suiteEndings();
  let server: PostgresServer;
  let authority: Authority;
  let certificate: Certificate;
  before(async () => {
    server = await startPostgres();
    authority = await Authority.create(endings);
    certificate = await authority.issue("postgres");
    await server.configure({
      files: { "server.crt": certificate.cert, "server.key": certificate.key },
      conf: "ssl = on\nfsync = on",
      // A password is asked for over TLS, and a plain connection of this role is refused.
      hba: "hostssl all guarded 127.0.0.1/32 scram-sha-256\nhost all guarded 127.0.0.1/32 reject",
    });
    await query(server.url, "CREATE ROLE guarded LOGIN PASSWORD 'right'; CREATE ROLE plain LOGIN");
  });
  after(() => server.remove());

  const at = (url: string, role: string, password = "", parameters = ""): string => {
    const parsed = new URL(url);
    [parsed.username, parsed.password, parsed.search] = [role, password, parameters];
    return parsed.href;
  };
  const place = (url: string): string => `${new URL(url).host}${new URL(url).pathname}`;
  const version = async (): Promise<number> => {
    const [row] = await query(server.url, "SELECT current_setting('server_version_num')::int / 10000 AS version");
    return (row as { version: number }).version;
  };

  it("store check says that all is well, and what the next router will do", async (t) => {
    const url = await createDatabase(server.url, t);
    const empty = await check({ BUSBAR_STORE: url });
    assert.deepEqual([empty.code, empty.stderr], [0, ""]);
    assert.match(
      empty.stdout,
      /^ok .* the schema has version 0, \d+ is needed: the next router that starts makes it$/m,
    );
    await query(url, (await busbar(["store", "script"], { env: { BUSBAR_STORE: url } })).stdout);
    const { code, stdout, stderr } = await check({ BUSBAR_STORE: url });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(stdout.replace(/took \d+ ms/, "took N ms").split("\n"), [
      `ok       ${place(url)}: PostgreSQL ${await version()}, signed in as busbar`,
      `ok       ${place(url)}: the schema has version ${STORE_SCHEMA_VERSION}`,
      `ok       ${place(url)}: a commit took N ms`,
      `ok       ${place(url)}: 0 secrets`,
      "",
    ]);
    assert.deepEqual(await query(url, "SELECT * FROM busbar.leases"), []);
  });

  it("store check says what a role may not do, and the script that it names mends that", async (t) => {
    const url = await createDatabase(server.url, t);
    const env = { BUSBAR_STORE: at(url, "plain") };
    const { code, stdout, stderr } = await check(env);
    assert.deepEqual([code, stderr], [1, "1 problem\n"]);
    assert.match(stdout, /^problem .*the role may not make it: run what `busbar store script --from 0` prints/m);
    await query(url, (await busbar(["store", "script", "--from", "0"], { env })).stdout);
    assert.equal((await check(env)).code, 0);
    await query(url, "REVOKE INSERT ON ALL TABLES IN SCHEMA busbar FROM plain");
    assert.match((await check(env)).stdout, /^problem .*permission denied for table leases$/m);
  });

  it("store check says what keeps it out, and never the password", async (t) => {
    const url = await createDatabase(server.url, t);
    const trusted = { BUSBAR_STORE_CA_FILE: authority.certFile };
    const cases: readonly (readonly [url: string, problem: RegExp, env?: Record<string, string>])[] = [
      [at(url, "guarded", "wrong"), /password authentication failed for user "guarded"/, trusted],
      [at(url, "guarded", "right"), /pg_hba.conf rejects connection/],
      [at(url, "guarded", "right", "?sslmode=verify-full"), /unable to verify|self-signed certificate/],
      [at(server.url.replace(/busbar$/, "nowhere"), "plain"), /database "nowhere" does not exist/],
      ["postgres://secret:secret@127.0.0.1:1/x", /ECONNREFUSED/],
    ];
    for (const [store, problem, env = {}] of cases) {
      const { code, stdout } = await check({ BUSBAR_STORE: store, ...env });
      assert.deepEqual([code, stdout.split("\n").length], [1, 2], stdout);
      assert.match(stdout, problem);
      assert.doesNotMatch(stdout, /secret|right|wrong/);
    }
    for (const [store, env = {}] of [
      [at(url, "guarded", "right"), trusted],
      [at(url, "guarded", "right", "?sslmode=require"), {}],
    ] as const)
      assert.doesNotMatch((await check({ BUSBAR_STORE: store, ...env })).stdout, /hba|certificate|failed/);
  });

  it("store check warns of a server that loses what was committed, and of a database in another encoding", async (t) => {
    const url = await createDatabase(server.url, t);
    const name = new URL(url).pathname.slice(1);
    await query(url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
    const { code, stdout } = await check({ BUSBAR_STORE: url });
    assert.equal(code, 1);
    assert.match(stdout, /^problem .*synchronous_commit is off: a crash of the server loses what was committed$/m);
    const latin = url.replace(name, `${name}_latin`);
    await query(server.url, `CREATE DATABASE ${name}_latin TEMPLATE template0 ENCODING 'LATIN1'`);
    t.after(() => query(server.url, `DROP DATABASE ${name}_latin WITH (FORCE)`));
    assert.match((await check({ BUSBAR_STORE: latin })).stdout, /^problem .*encoding is LATIN1, UTF8 is needed$/m);
  });

  it("store check --json prints the findings", async (t) => {
    const url = await createDatabase(server.url, t);
    const { stdout } = await busbar(["store", "check", "--json"], { env: { BUSBAR_STORE: url } });
    const printed = JSON.parse(stdout) as { ok: boolean; findings: { isProblem: boolean }[] };
    assert.deepEqual([printed.ok, printed.findings.length], [true, 2]);
  });
});

describe("busbar store check, of the embedded store", () => {
  it("store check says whether the file is whole, in use, or not there yet", async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, "store.sqlite");
    const env = { BUSBAR_DATA: folder };
    const ended = (code: number, line: string) => ({
      code,
      stdout: `${line}\n`,
      stderr: code === 0 ? "" : "1 problem\n",
    });
    assert.deepEqual(
      await check(env),
      ended(0, `ok       ${file} is not there yet: a router makes it when it first needs it`),
    );
    const { store } = await openSqliteStore({ folder, events: {} });
    assert.deepEqual(await check(env), ended(0, `ok       ${file} is in use by a router, which has checked it`));
    await store.close();
    assert.deepEqual(
      await check(env),
      ended(0, `ok       ${file}: its schema has version ${STORE_SCHEMA_VERSION}\nok       0 secrets`),
    );
    await writeFile(file, "not a database, but long enough to be taken for one".repeat(100));
    assert.deepEqual(await check(env), ended(1, `problem  ${file} cannot be read: file is not a database`));
  });

  it("store check says by which keys the secrets are sealed, and which of them no key opens", async (t) => {
    const folder = await temporaryFolder(t);
    const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const { store } = await openSqliteStore({ folder, events: {} });
    const secret = { kind: SECRET_KIND, name: "connection/crm" };
    const value = createSealing([one]).seal("s3cret", secret);
    await store.commit([{ change: "put", ...secret, value }]);
    await store.close();
    const env = { BUSBAR_DATA: folder, BUSBAR_SECRET_KEY: [other, one].map((key) => key.toString("base64")).join() };
    const { code, stdout } = await check(env);
    const id = createSealing([one]).keyId;
    assert.deepEqual([code, stdout.split("\n")[1]], [0, `ok       1 secret is sealed: 1 by key ${id}`]);
    const without = await check({ BUSBAR_DATA: folder });
    const problem = `problem  1 secret cannot be opened, as secret "connection/crm" was sealed by key ${id}, which is not in BUSBAR_SECRET_KEY`;
    assert.deepEqual([without.code, without.stdout.split("\n")[2]], [1, problem]);
  });

  it("store check and store script say that there is none to speak of", async () => {
    const none = { code: 1, stdout: "", stderr: "there is no store: BUSBAR_STORE says where it is\n" };
    assert.deepEqual(await check({ BUSBAR_BROKER: "amqp://rabbitmq" }), none);
    assert.match((await busbar(["store", "script"])).stderr, /^the script is for PostgreSQL: name the role/);
    assert.match(
      (await busbar(["store", "script", "--role", `a"b`])).stdout,
      /^GRANT USAGE ON SCHEMA busbar TO "a""b";$/m,
    );
  });
});

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-check-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}
