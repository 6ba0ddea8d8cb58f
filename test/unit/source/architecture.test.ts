import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";

const SRC = "src";

interface Import {
  readonly file: string;
  readonly from: string;
  /** Types are gone at run time; a circle of them does no harm there, and still ties two files together. */
  readonly typesOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const textOf = new Map(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));

/** Every import, those for types and those made at run time included. */
const imports: readonly Import[] = files.flatMap((file) => {
  const found = (textOf.get(file) ?? "").matchAll(
    /(?:^import\s(type\s)?(?:[^;]*?\sfrom\s)?|^export\s(type\s)?[^;]*?\sfrom\s|\bimport\()"([^"]+)"/gm,
  );
  return Array.from(found, ([, type, exportedType, from = ""]) => ({
    file,
    from,
    typesOnly: (type ?? exportedType) !== undefined,
  }));
});

const isRelative = ({ from }: Import) => from.startsWith(".");
const isNode = ({ from }: Import) => from.startsWith("node:");
const targetOf = ({ file, from }: Import) => normalize(join(dirname(file), from));
const packageOf = ({ from }: Import) =>
  from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");

/** A room inside a room: what it may import is its own. */
const PROCESS_ROOM = "edge/targets/process";

/** The room that a file is in: `flow/put`, `edge/http`, `domain`, or the file itself at the top. */
function roomOf(file: string): string {
  if (file.startsWith(`${PROCESS_ROOM}/`)) return PROCESS_ROOM;
  const [first = "", second = ""] = file.split("/");
  return ["edge", "flow", "console"].includes(first) ? `${first}/${second}` : first;
}

/** Where the package is that this code belongs to, for those who read or run files of it. */
const PACKAGE = "package";

/** Rooms that everything may import from. */
const GROUND = ["json", "text", "async", "collections"];
const NOUNS = ["pattern", "domain", ...GROUND];
const BELOW_FLOW = ["ports", ...NOUNS];

/** Which rooms a room may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli"],
  cli: ["app", "flow", "config", "edge", "console", "admin-api", ...BELOW_FLOW],
  app: ["flow", "config", "edge", "console", "admin-api", PACKAGE, ...BELOW_FLOW],
  // What the admin API takes and answers, for its routes and its clients.
  "admin-api": ["domain", "json", "text"],
  config: BELOW_FLOW,
  // In `flow/` some rooms stand below the others; the rest are siblings that do not see each other.
  "flow/budget": BELOW_FLOW,
  "flow/store": BELOW_FLOW,
  "flow/archive": ["flow/control-log", ...BELOW_FLOW],
  "flow/secrets": BELOW_FLOW,
  "flow/made": ["flow/store", ...BELOW_FLOW],
  "flow/connections": BELOW_FLOW,
  "flow/pack": ["flow/budget", "flow/store", ...BELOW_FLOW],
  "flow/route": BELOW_FLOW,
  "flow/functions": BELOW_FLOW,
  "flow/consume": ["flow/budget", "flow/functions", ...BELOW_FLOW],
  "flow/put": ["flow/route", "flow/store", "flow/budget", ...BELOW_FLOW],
  "flow/invoke": ["flow/functions", ...BELOW_FLOW],
  "flow/order": ["flow/functions", "flow/control-log", ...BELOW_FLOW],
  "flow/batch": ["flow/order", "flow/functions", "flow/consume", "flow/budget", ...BELOW_FLOW],
  "flow/deliver": [
    "flow/batch",
    "flow/route",
    "flow/store",
    "flow/consume",
    "flow/order",
    "flow/functions",
    "flow/budget",
    ...BELOW_FLOW,
  ],
  "flow/redrive": ["flow/route", "flow/store", "flow/budget", ...BELOW_FLOW],
  "flow/replay": ["flow/route", "flow/store", "flow/budget", ...BELOW_FLOW],
  "flow/control-log": BELOW_FLOW,
  "flow/pause": ["flow/control-log", ...BELOW_FLOW],
  "flow/jobs": ["flow/control-log", ...BELOW_FLOW],
  // Shows what routing makes of an event, by the same code.
  "flow/explain": ["flow/route", ...BELOW_FLOW],
  "flow/hold": BELOW_FLOW,
  "flow/lending": ["flow/functions", "flow/store", ...BELOW_FLOW],
  "flow/logs": BELOW_FLOW,
  "flow/mappings": ["flow/functions", "flow/budget", "flow/store", ...BELOW_FLOW],
  "flow/queues": ["flow/budget", "flow/store", ...BELOW_FLOW],
  "flow/tap": BELOW_FLOW,
  "flow/function-tests": ["flow/functions", ...BELOW_FLOW],
  "flow/status": BELOW_FLOW,
  "flow/schedule": ["flow/route", "flow/store", ...BELOW_FLOW],
  // At the edge `http` stands below the rooms that speak HTTP; the rest are siblings.
  "edge/http": BELOW_FLOW,
  "edge/public": ["edge/http", "edge/aws", "edge/cloudevents", ...BELOW_FLOW],
  "edge/admin": ["edge/http", "admin-api", ...BELOW_FLOW],
  "edge/aws": ["edge/http", ...BELOW_FLOW],
  "edge/cloudevents": ["edge/http", ...BELOW_FLOW],
  "edge/front-door": ["edge/http", ...BELOW_FLOW],
  // What environments are given is held as everything else is that somebody answers by an id.
  "edge/runtime-api": ["edge/http", "flow/hold", ...BELOW_FLOW],
  // A process function serves a Runtime API to its child.
  "edge/targets": [PROCESS_ROOM, ...BELOW_FLOW],
  [PROCESS_ROOM]: ["edge/targets", "edge/runtime-api", "flow/hold", PACKAGE, ...BELOW_FLOW],
  "edge/rabbitmq": BELOW_FLOW,
  // The store's SQL, which both of its databases understand.
  "edge/store": BELOW_FLOW,
  "edge/postgres": ["edge/store", ...BELOW_FLOW],
  "edge/sqlite": ["edge/store", PACKAGE, ...BELOW_FLOW],
  // Metrics, log, journal and traces are made of the same facts.
  "edge/observe": ["edge/journal", "edge/trace", ...BELOW_FLOW],
  "edge/journal": BELOW_FLOW,
  "edge/trace": BELOW_FLOW,
  "edge/sealing": BELOW_FLOW,
  "edge/conditions": BELOW_FLOW,
  "console/index": ["admin-api", PACKAGE, ...BELOW_FLOW],
  // What is asked of the console is asked in the admin API's way.
  "console/server": ["console/index", "edge/http", "edge/admin", "admin-api", ...BELOW_FLOW],
  ports: NOUNS,
  domain: ["pattern", ...GROUND],
  pattern: GROUND,
  json: ["text", "async"],
  text: [],
  package: [],
  async: [],
};

/** The rooms that serve HTTP. */
const EXPRESS_ROOMS = ["edge/admin", "edge/aws", "edge/cloudevents", "edge/http", "edge/public", "console/server"];

/** Packages that any room may use. Each other package is imported in one room only. */
const EVERYWHERE = ["zod"];

describe("The house", () => {
  it("is read whole by these tests", () => {
    assert.ok(files.length > 50 && imports.length > 200, `${files.length} files, ${imports.length} imports`);
  });

  it("has imports in one direction only: main → cli → app → flow, config, edge and console → ports → domain → json", () => {
    const wrong = imports
      .filter(isRelative)
      .filter((one) => {
        const [room, target] = [roomOf(one.file), targetOf(one)];
        const rooms = ALLOWED[room] ?? [];
        return roomOf(target) !== room && !rooms.some((each) => target.startsWith(`${each}/`));
      })
      .map((one) => `${one.file} → ${targetOf(one)}`);
    assert.deepEqual(wrong, []);
  });

  it("has no service in what reads and answers the requests of all AWS services", () => {
    const shared = files.filter((file) => file.startsWith("edge/aws/") && !file.startsWith("edge/aws/services/"));
    const wrong = [
      ...imports.filter((one) => shared.includes(one.file) && targetOf(one).startsWith("edge/aws/services/")),
      ...shared.filter((file) => /EventBridge|AWSEvents|"events"/.test(withoutComments(file))),
    ];
    assert.deepEqual(wrong, []);
    assert.ok(shared.length > 5, shared.join());
  });

  it("has no circle of files that import each other", () => {
    const after = new Map<string, string[]>();
    for (const one of imports.filter(isRelative)) {
      after.set(one.file, [...(after.get(one.file) ?? []), targetOf(one)]);
    }
    assert.deepEqual(circlesOf(after), []);
  });

  it("has no file in json, text, async, pattern, domain, ports or admin-api that knows packages, clocks, chance or I/O", () => {
    const pure = files.filter((file) => ["ports", "admin-api", ...NOUNS].includes(roomOf(file)));
    const packages = imports
      .filter((one) => pure.includes(one.file) && !isRelative(one))
      // `node:buffer` does no I/O: bodies are bytes.
      .filter((one) => !EVERYWHERE.includes(packageOf(one)) && one.from !== "node:buffer");
    assert.deepEqual(packages, []);
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\b|\bset(?:Timeout|Interval|Immediate)\(|\bprocess\.|\bfetch\(/;
    const timers = ["async/"];
    assert.deepEqual(
      pure
        .filter((file) => !timers.some((room) => file.startsWith(room)))
        .filter((file) => impure.test(withoutComments(file))),
      [],
    );
  });

  it("imports each package in one room only", () => {
    const rooms = new Map<string, Set<string>>();
    for (const one of imports.filter((each) => !isRelative(each) && !isNode(each))) {
      const room = EXPRESS_ROOMS.includes(roomOf(one.file)) ? "edge/http" : roomOf(one.file);
      rooms.set(packageOf(one), (rooms.get(packageOf(one)) ?? new Set()).add(room));
    }
    const shared = [...rooms]
      .filter(([name, used]) => used.size > 1 && !EVERYWHERE.includes(name))
      .map(([name, used]) => `${name}: ${[...used].join(", ")}`);
    assert.deepEqual(shared, []);
    assert.ok(
      ["express", "amqplib", "pg"].every((name) => rooms.has(name)),
      [...rooms.keys()].join(),
    );
  });

  it("exports each name once", () => {
    const places = new Map<string, string[]>();
    for (const file of files) {
      const found = (textOf.get(file) ?? "").matchAll(
        /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type) (\w+)/gm,
      );
      // An overload, and a value that has its type's name, are one export of one file.
      for (const name of new Set(Array.from(found, ([, each = ""]) => each))) {
        places.set(name, [...(places.get(name) ?? []), file]);
      }
    }
    const twice = [...places].filter(([, where]) => where.length > 1);
    assert.deepEqual(
      twice.map(([name, where]) => `${name}: ${where.join(", ")}`),
      [],
    );
  });

  it("writes each header's name once", () => {
    const names = files.flatMap((file) => (textOf.get(file) ?? "").match(/"busbar-[a-z-]+"/g) ?? []);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    assert.ok(names.length > 20, names.join());
  });

  it("has no file of more than 250 lines", () => {
    const lines = (file: string) => (textOf.get(file) ?? "").split("\n").length - 1;
    assert.deepEqual(
      files.filter((file) => lines(file) > 250).map((file) => `${file}: ${lines(file)}`),
      [],
    );
  });
});

function withoutComments(file: string): string {
  return (textOf.get(file) ?? "").replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, "");
}

/** The groups of files that reach each other by their imports (Tarjan's strongly connected components). */
function circlesOf(after: ReadonlyMap<string, readonly string[]>): string[] {
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[] = [];
  const visit = (file: string) => {
    const number = numbers.size;
    numbers.set(file, number);
    lowest.set(file, number);
    stack.push(file);
    for (const next of after.get(file) ?? []) {
      if (!numbers.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? 0, lowest.get(next) ?? 0));
    }
    if (lowest.get(file) !== number) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.join(" ↔ "));
  };
  for (const file of after.keys()) if (!numbers.has(file)) visit(file);
  return circles;
}
