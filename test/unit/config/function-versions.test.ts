import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load, problemsOf } from "../../support/config-folder.ts";

const FUNCTION = `
functions:
  greet:
    http: { url: "http://127.0.0.1:1/" }
    timeoutSeconds: 5
    concurrency: 4
    versions:
      1: { http: { url: "http://127.0.0.1:2/" }, description: The first }
      "2": { process: { command: [greet] }, timeoutSeconds: 9, environment: { A: b } }
      "3": {}
    aliases:
      live: { functionVersion: 1, routingConfig: { additionalVersionWeights: { 2: 0.1 } } }
      next: { functionVersion: $LATEST, description: What comes }
`;

describe("Versions and aliases in YAML", () => {
  it("A version is the function with what it says otherwise, and an alias says which are called", async () => {
    const loaded = await load({ "a.yaml": FUNCTION });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const fn = loaded.config.functions.get("greet");
    const versions = [...(fn?.versions?.values() ?? [])].map(({ version, run, timeoutSeconds, concurrency }) => {
      return [version, run.kind === "http" ? run.url : run.kind, timeoutSeconds, concurrency];
    });
    assert.deepEqual(versions, [
      ["1", "http://127.0.0.1:2/", 5, 4],
      ["2", "process", 9, 4],
      ["3", "http://127.0.0.1:1/", 5, 4],
    ]);
    assert.deepEqual(
      [...(fn?.aliases?.values() ?? [])],
      [
        { name: "live", version: "1", additional: { version: "2", weight: 0.1 } },
        { name: "next", version: "$LATEST", description: "What comes" },
      ],
    );
  });

  it("Targets, records, schedules and mappings name a version or alias behind the function's name", async () => {
    const loaded = await load({
      "a.yaml": `${FUNCTION}
  other:
    http: { url: "http://127.0.0.1:1/" }
    onFailure: { function: greet:2 }
queues: { q: {} }
rules:
  r: { eventPattern: { source: [a] }, targets: { t: { function: "greet:live" } } }
schedules:
  s: { scheduleExpression: rate(1 hour), target: { function: "greet:$LATEST" } }
eventSourceMappings:
  m: { queue: q, function: "greet:next" }
`,
    });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const { rules, schedules, mappings, functions } = loaded.config;
    const named = (qualifier: string) => ({ kind: "function", name: "greet", qualifier });
    assert.deepEqual(rules.get("default/r")?.targets[0]?.to, named("live"));
    assert.deepEqual(schedules.get("s")?.target.to, named("$LATEST"));
    assert.deepEqual(functions.get("other")?.onFailure, named("2"));
    const mapping = mappings.get("m");
    assert.deepEqual([mapping?.functionName, mapping?.qualifier], ["greet", "next"]);
  });

  it("HTTP routes, authorizers and URLs name a version or alias", async () => {
    const loaded = await load({
      "a.yaml": `${FUNCTION}    url: { authType: NONE, qualifier: live }
httpRoutes:
  r: { route: GET /, function: "greet:live", authorizer: { function: { name: "greet:2" } } }
`,
    });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const route = loaded.config.httpRoutes.get("r");
    const asked = route?.authorizer.kind === "function" ? route.authorizer : undefined;
    assert.deepEqual([route?.functionName, route?.qualifier], ["greet", "live"]);
    assert.deepEqual([asked?.functionName, asked?.qualifier], ["greet", "2"]);
    assert.equal(loaded.config.functions.get("greet")?.url?.qualifier, "live");
  });

  it("A version or alias that the function has not is a problem where it is named", async () => {
    const problems = await problemsOf({
      "a.yaml": `${FUNCTION}    url: { authType: NONE, qualifier: lift }
rules:
  r: { eventPattern: { source: [a] }, targets: { t: { function: "greet:lift" } } }
httpRoutes:
  h: { route: GET /, function: "greet:lift", authorizer: { function: { name: "greet:9" } } }
`,
    });
    assert.deepEqual(
      problems.map((problem) => problem.replace(/(; did you mean| \(a\.yaml).*$/, "")),
      [
        `function "greet": url.qualifier must name an alias of the function, got "lift"`,
        `rule "r": target "t": function must name a configured function, got "greet:lift"`,
        `HTTP route "h": function must name a configured function, got "greet:lift"`,
        `HTTP route "h": authorizer.function.name must name a configured function, got "greet:9"`,
      ],
    );
  });

  it("What cannot be is said, with its place", async () => {
    const problems = await problemsOf({
      "a.yaml": `
functions:
  polls: { runtimeApi: {}, versions: { "1": {} } }
  greet:
    http: { url: "http://127.0.0.1:1/" }
    versions:
      "01": {}
      "1": { environment: { A: b } }
      "2": { http: { url: "http://127.0.0.1:2/" }, process: { command: [a] } }
    aliases:
      "7": { functionVersion: "1" }
      none: { functionVersion: "9" }
      same: { functionVersion: "1", routingConfig: { additionalVersionWeights: { "1": 0.5 } } }
      latest: { functionVersion: $LATEST, routingConfig: { additionalVersionWeights: { "1": 0.5 } } }
      gone: { functionVersion: "1", routingConfig: { additionalVersionWeights: { "9": 0.5 } } }
      many: { functionVersion: "1", routingConfig: { additionalVersionWeights: { "1": 0.5, "2": 0.1 } } }
      heavy: { functionVersion: "1", routingConfig: { additionalVersionWeights: { "2": 1.5 } } }
`,
    });
    const shown = problems.map((problem) =>
      problem.replace(/^function "(\w+)": /, "$1 ").replace(/ \(a\.yaml:.*$/, ""),
    );
    assert.deepEqual(shown, EXPECTED);
  });

  it("A function has 20 versions at most, and 20 aliases", async () => {
    const many = (make: (n: number) => string) => Array.from({ length: 21 }, (_, n) => make(n + 1)).join(", ");
    const problems = await problemsOf({
      "a.yaml": `functions: { f: { http: { url: "http://127.0.0.1:1/" }, versions: { ${many((n) => `"${n}": {}`)} }, aliases: { ${many((n) => `a${n}: { functionVersion: 1 }`)} } } }`,
    });
    assert.deepEqual(
      problems.map((problem) => problem.replace(/, got .*$|\s\(a\.yaml.*$/, "")),
      ['function "f": versions must have at most 20 versions', 'function "f": aliases must have at most 20 aliases'],
    );
  });
});

const EXPECTED: readonly string[] = [
  "polls versions is for functions over http and local processes: nobody calls one that polls, and a container is called by one router at a time",
  'greet versions.01 must be a number, as "1"',
  "greet versions.1.environment only reaches a process: set it where this version is started",
  "greet versions.2 must have one of http and process at most",
  "greet aliases.7 must be 1 to 128 letters, digits, dashes and underscores, and not digits only",
  'greet aliases.none.functionVersion must name a version of the function, or $LATEST, got "9"',
  "greet aliases.same.routingConfig.additionalVersionWeights.1 must be another version than functionVersion, got 0.5",
  "greet aliases.latest.routingConfig.additionalVersionWeights.1 has no place in an alias of $LATEST, got 0.5",
  "greet aliases.gone.routingConfig.additionalVersionWeights.9 must name a version of the function, got 0.5",
  "greet aliases.many.routingConfig.additionalVersionWeights must have one version at most",
  "greet aliases.many.routingConfig.additionalVersionWeights.1 must be another version than functionVersion, got 0.5",
  "greet aliases.heavy.routingConfig.additionalVersionWeights.2 must be from 0 to 1, got 1.5",
];
