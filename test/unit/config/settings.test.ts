import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { privateDestinations, startProblems } from "../../../src/config/settings/exposure.ts";
import { storeOf } from "../../../src/config/settings/store-settings.ts";
import { readSettings, SETTINGS_HELP, type Flags } from "../../../src/config/settings/read-settings.ts";

const DEFAULTS = {
  config: "config",
  httpPort: 8080,
  adminPort: 9090,
  runtimeApiPort: 9001,
  routesPort: 8081,
  functionUrlOrigin: "http://localhost:8081",
  consolePort: undefined,
  consolePath: "/",
  consoleData: undefined,
  consoleReadOnly: false,
  consoleAdminUrl: "http://127.0.0.1:9090",
  consolePublicUrl: "http://127.0.0.1:8080",
  consoleOrigin: undefined,
  consoleCookieKey: [],
  consoleSessionHours: 12,
  consoleOidcIssuer: undefined,
  consoleOidcName: "",
  consoleOidcClientId: undefined,
  consoleOidcClientSecretFile: undefined,
  consoleOidcScopes: "openid profile email",
  consoleOidcToken: "id",
  host: "127.0.0.1",
  broker: "embedded",
  packs: "auto",
  store: "auto",
  storeConnections: 5,
  storeCaFile: undefined,
  storeCertFile: undefined,
  storeKeyFile: undefined,
  secretKey: [],
  data: ".busbar",
  accountId: "000000000000",
  region: "us-east-1",
  logLevel: "info",
  drainSeconds: 25,
  ruleMetrics: true,
  traceRatio: undefined,
  traceUrl: undefined,
  auth: "auto",
  allowedHosts: [],
  accessKeysFile: undefined,
  secretFolders: ["/run/secrets", "/var/run/secrets"],
  tlsCertFile: undefined,
  tlsKeyFile: undefined,
  brokerCaFile: undefined,
  brokerCertFile: undefined,
  brokerKeyFile: undefined,
  allowProcess: false,
  allowPrivateDestinations: "auto",
  maxBodyBytes: 4_194_304,
  maxEntries: 10,
  maxHeaderBytes: 16_384,
  maxConnections: 4_096,
  maxPrincipalRequests: 10_000,
  maxEntriesInFlight: 1_000,
  maxBytesInFlight: 268_435_456,
  maxResponseBytes: 6_291_556,
};

describe("readSettings", () => {
  it("readSettings takes hosts that requests may name, and no ports, URLs or patterns within a name", () => {
    const hostsOf = (text: string) => {
      const read = readSettings({ BUSBAR_ALLOWED_HOSTS: text });
      return read.ok ? read.settings.allowedHosts : read.problems;
    };
    assert.deepEqual(hostsOf("Busbar, *.busbar,*"), ["busbar", "*.busbar", "*"]);
    for (const wrong of ["busbar:8080", "http://busbar", "a.*.b", "*busbar", "a,,b", "a b"]) {
      assert.match(String(hostsOf(wrong)), /^BUSBAR_ALLOWED_HOSTS must be host names, \*\.NAME or \*/, wrong);
    }
  });

  it("readSettings takes keys of the console's cookies in base64 of either kind, and quotes none of them", () => {
    const key = Buffer.alloc(32, 0xfb);
    const read = readSettings({ BUSBAR_CONSOLE_COOKIE_KEY: `${key.toString("base64")}, ${key.toString("base64url")}` });
    assert.deepEqual(read.ok && read.settings.consoleCookieKey, [key, key]);
    for (const wrong of [
      "too-short",
      `${key.toString("base64")},`,
      key.toString("hex"),
      Array(6).fill(key.toString("base64")).join(","),
    ]) {
      const refused = readSettings({ BUSBAR_CONSOLE_COOKIE_KEY: wrong });
      assert.deepEqual(refused.ok || refused.problems, [
        "BUSBAR_CONSOLE_COOKIE_KEY must be up to 5 keys of 32 bytes in base64, separated by commas",
      ]);
    }
  });

  it("readSettings takes the console's origin and issuer over HTTPS, or on loopback", () => {
    const originOf = (BUSBAR_CONSOLE_ORIGIN: string) => {
      const read = readSettings({ BUSBAR_CONSOLE_ORIGIN });
      return read.ok ? read.settings.consoleOrigin : read.problems[0];
    };
    assert.equal(originOf("https://ops.example.com/"), "https://ops.example.com");
    assert.equal(originOf("http://localhost:9091"), "http://localhost:9091");
    assert.match(String(originOf("http://ops.example.com")), /must be https beyond loopback/);
    assert.match(String(originOf("https://ops.example.com/tools/")), /must have no path: BUSBAR_CONSOLE_PATH/);
    assert.match(String(originOf("ops.example.com")), /must be an http:\/\/ or https:\/\/ URL/);
    for (const [issuer, isFine] of [
      ["https://id.example.com/realms/shop", true],
      ["http://127.0.0.1:8080", true],
      ["http://[::1]:8080", true],
      ["http://dex:5556", false],
      ["http://127.evil.example", false],
    ] as const) {
      assert.equal(readSettings({ BUSBAR_CONSOLE_OIDC_ISSUER: issuer }).ok, isFine, issuer);
    }
    assert.equal(readSettings({ BUSBAR_CONSOLE_OIDC_SCOPES: "profile email" }).ok, false);
  });

  it("readSettings has a default for every setting", () => {
    assert.deepEqual(readSettings({}), { ok: true, settings: DEFAULTS });
  });

  it("readSettings takes the environment, and flags before it", () => {
    const env = {
      BUSBAR_CONFIG: "/etc/busbar",
      BUSBAR_HTTP_PORT: "0",
      BUSBAR_HOST: "0.0.0.0",
      BUSBAR_BROKER: "amqp://a, amqps://b:5671/vhost",
      BUSBAR_ACCOUNT_ID: "123456789012",
      BUSBAR_REGION: "eu-central-1",
      BUSBAR_LOG_LEVEL: "debug",
      BUSBAR_DRAIN_SECONDS: "5",
      BUSBAR_RULE_METRICS: "false",
      BUSBAR_DATA: "",
    };
    assert.deepEqual(readSettings(env, { httpPort: "8081", logLevel: "warn" }), {
      ok: true,
      settings: {
        ...DEFAULTS,
        config: "/etc/busbar",
        httpPort: 8081,
        host: "0.0.0.0",
        broker: ["amqp://a", "amqps://b:5671/vhost"],
        accountId: "123456789012",
        region: "eu-central-1",
        logLevel: "warn",
        drainSeconds: 5,
        ruleMetrics: false,
      },
    });
  });

  const mistakes: readonly (readonly [env: Record<string, string>, message: string, flags?: Flags])[] = [
    [{ BUSBAR_HTTP_PORT: "65536" }, `BUSBAR_HTTP_PORT must be 0..65535, got "65536"`],
    [{ BUSBAR_HTTP_PORT: "1e3" }, `BUSBAR_HTTP_PORT must be 0..65535, got "1e3"`],
    [{ BUSBAR_HTTP_PORT: "1" }, `--http-port must be 0..65535, got "x"`, { httpPort: "x" }],
    [
      { BUSBAR_ADMIN_PORT: "tcp://10.0.0.1:9090" },
      `BUSBAR_ADMIN_PORT must be 0..65535, got "tcp://10.0.0.1:9090" (set by Kubernetes for a Service: turn its enableServiceLinks off)`,
    ],
    [
      { BUSBAR_BROKER: "http://me:pw@b" },
      "BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 1 must be an amqp:// or amqps:// URL",
    ],
    [
      { BUSBAR_STORE: "mysql://me:pw@b" },
      "BUSBAR_STORE must be auto, off, embedded, or URLs separated by commas: URL 1 must be a postgres:// URL",
    ],
    [
      { BUSBAR_STORE: "postgres://a,postgres://b?sslmode=prefer" },
      "BUSBAR_STORE must be auto, off, embedded, or URLs separated by commas: URL 2 has an sslmode other than disable, require, verify-full",
    ],
    [
      { BUSBAR_STORE: "postgres://a?application_name=x" },
      "BUSBAR_STORE must be auto, off, embedded, or URLs separated by commas: URL 1 has a parameter other than sslmode: application_name",
    ],
    [
      { BUSBAR_SECRET_KEY: "c2VjcmV0" },
      "BUSBAR_SECRET_KEY must be up to 5 keys of 32 bytes in base64, separated by commas",
    ],
    [{ BUSBAR_STORE_CONNECTIONS: "0" }, `BUSBAR_STORE_CONNECTIONS must be 1..100, got "0"`],
    [
      { BUSBAR_BROKER: "amqp://user:100%@host" },
      "BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 1 has a % in its password that encodes nothing: write %25 for the character itself",
    ],
    [
      { BUSBAR_BROKER: "amqp://b, amqps://us%er@host" },
      "BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 2 has a % in its user name that encodes nothing: write %25 for the character itself",
    ],
    [
      { BUSBAR_BROKER: "amqp://user:pw@host/v%zz" },
      "BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 1 has a % in its path that encodes nothing: write %25 for the character itself",
    ],
    [
      { BUSBAR_BROKER: "amqp://a," },
      "BUSBAR_BROKER must be `embedded`, or URLs separated by commas: URL 2 must be an amqp:// or amqps:// URL",
    ],
    [{ BUSBAR_ACCOUNT_ID: "12" }, `BUSBAR_ACCOUNT_ID must be 12 digits, got "12"`],
    [{ BUSBAR_REGION: "EU" }, `BUSBAR_REGION must be 1 to 32 lowercase letters, digits and dashes, got "EU"`],
    [
      { BUSBAR_LOG_LEVEL: "all" },
      `BUSBAR_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, got "all"`,
    ],
    [{ BUSBAR_DRAIN_SECONDS: "-1" }, `BUSBAR_DRAIN_SECONDS must be 0..3600, got "-1"`],
    [{ BUSBAR_RULE_METRICS: "yes" }, `BUSBAR_RULE_METRICS must be one of true, false, got "yes"`],
    ...["10.0.0.0", "10.0.0.0/33", "10.0.0.0/8,", "::1/129", "crm.example.com/8", "yes"].map(
      (ranges): [Record<string, string>, string] => [
        { BUSBAR_ALLOW_PRIVATE_DESTINATIONS: ranges },
        `BUSBAR_ALLOW_PRIVATE_DESTINATIONS must be auto, true, false, or address ranges such as 10.1.0.0/16 separated by commas, got "${ranges}"`,
      ],
    ),
    [{ BUSBAR_HTTPPORT: "1" }, 'unknown setting BUSBAR_HTTPPORT, did you mean "BUSBAR_HTTP_PORT"?'],
    [{ BUSBAR_COLOUR_SCHEME: "red" }, "unknown setting BUSBAR_COLOUR_SCHEME"],
  ];
  for (const [env, message, flags] of mistakes) {
    it(`readSettings reports: ${message}`, () =>
      assert.deepEqual(readSettings(env, flags), { ok: false, problems: [message] }));
  }

  it("readSettings reports every problem at once", () => {
    const read = readSettings({ BUSBAR_REGION: "?", BUSBAR_HTTP_PORT: "?", BUSBAR_NOPE: "?" });
    assert.equal(read.ok ? 0 : read.problems.length, 3);
  });

  it("readSettings ignores what Kubernetes sets for a Service named busbar, and what tests need", () => {
    const env = {
      BUSBAR_SERVICE_HOST: "10.0.0.1",
      BUSBAR_PORT_8080_TCP: "tcp://10.0.0.1:8080",
      BUSBAR_TEST_INSTALL: "1",
    };
    assert.equal(readSettings(env).ok, true);
  });

  it("Every setting has a description", () => {
    assert.deepEqual(
      SETTINGS_HELP.map(({ name }) => name),
      Object.keys(DEFAULTS),
    );
    assert.deepEqual(SETTINGS_HELP[1], {
      name: "httpPort",
      env: "BUSBAR_HTTP_PORT",
      flag: "--http-port",
      initial: "8080",
      description: "Port of AWS's APIs and CloudEvents; 0 picks one.",
    });
    for (const { description } of SETTINGS_HELP) assert.ok(description);
  });
});

describe("privateDestinations", () => {
  const allowedOf = (host: string, setting = "") => {
    const read = readSettings({ BUSBAR_HOST: host, BUSBAR_ALLOW_PRIVATE_DESTINATIONS: setting });
    assert.ok(read.ok);
    return privateDestinations(read.settings);
  };

  it("privateDestinations are all private networks for a router on loopback, and none for any other", () => {
    for (const host of ["127.0.0.1", "127.0.0.2", "localhost", "::1"]) assert.equal(allowedOf(host), "all", host);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.example.com"]) assert.deepEqual(allowedOf(host), [], host);
  });

  it("privateDestinations are what the setting lists, wherever the router listens", () => {
    assert.equal(allowedOf("0.0.0.0", "true"), "all");
    assert.deepEqual(allowedOf("127.0.0.1", "false"), []);
    assert.deepEqual(allowedOf("127.0.0.1", "10.1.0.0/16, fd00::/8"), ["10.1.0.0/16", "fd00::/8"]);
  });
});

describe("storeOf", () => {
  it("storeOf has the embedded store beside the embedded broker, and none on RabbitMQ, unless the settings say otherwise", () => {
    const where = (store: string, broker: string): unknown => {
      const read = readSettings({ BUSBAR_STORE: store, BUSBAR_BROKER: broker });
      assert.ok(read.ok);
      return storeOf(read.settings);
    };
    assert.deepEqual(
      [
        where("auto", "embedded"),
        where("auto", "amqp://b"),
        where("off", "embedded"),
        where("postgres://a, postgres://b/x?sslmode=require", "amqp://b"),
      ],
      ["embedded", undefined, undefined, ["postgres://a", "postgres://b/x?sslmode=require"]],
    );
  });
});

describe("startProblems", () => {
  const problemsOf = (flags: Flags, env: NodeJS.ProcessEnv = {}): readonly string[] => {
    const read = readSettings(env, flags);
    assert.ok(read.ok);
    return startProblems(read.settings);
  };

  it("startProblems lets a router on loopback start without credentials", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) assert.deepEqual(problemsOf({ host }), []);
  });

  it("startProblems lets a router that others reach start with credentials, or with anonymous access allowed", () => {
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "router.internal"]) {
      assert.match(problemsOf({ host })[0] ?? "", /^others can reach a router that listens on .*: name the keys/);
      assert.deepEqual(problemsOf({ host, accessKeysFile: "/access.yaml" }), []);
      assert.deepEqual(problemsOf({ host, auth: "none" }), []);
    }
  });

  it("startProblems lists settings that contradict each other, or lack one", () => {
    assert.equal(problemsOf({ auth: "none", accessKeysFile: "/access.yaml" }).length, 1);
    assert.match(problemsOf({ tlsCertFile: "/cert.pem" })[0] ?? "", /^BUSBAR_TLS_CERT_FILE and BUSBAR_TLS_KEY_FILE/);
    assert.match(problemsOf({ brokerKeyFile: "/key.pem" })[0] ?? "", /^BUSBAR_BROKER_CERT_FILE and/);
    assert.match(problemsOf({ storeCertFile: "/cert.pem" })[0] ?? "", /^BUSBAR_STORE_CERT_FILE and/);
    const issuer = { consoleOidcIssuer: "https://id.example.com" };
    assert.match(problemsOf(issuer)[0] ?? "", /^BUSBAR_CONSOLE_OIDC_ISSUER and BUSBAR_CONSOLE_OIDC_CLIENT_ID/);
    assert.match(problemsOf({ ...issuer, consoleOidcClientId: "x" })[0] ?? "", /BUSBAR_ACCESS_KEYS_FILE lets in/);
    assert.deepEqual(problemsOf({ ...issuer, consoleOidcClientId: "x", accessKeysFile: "/access.yaml" }), []);
  });

  it("startProblems takes a command's token for no setting", () => {
    assert.deepEqual(problemsOf({}, { BUSBAR_TOKEN: "a-token-of-somebody" }), []);
  });
});
