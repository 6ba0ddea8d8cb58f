import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, it } from "node:test";

const SRC = "src";

interface Import {
  readonly file: string;
  readonly from: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** Every import, those for types and those made at run time included. */
const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(SRC, file), "utf8");
  const found = text.matchAll(/(?:^import\s(?:[^;]*?\sfrom\s)?|^export\s[^;]*?\sfrom\s|\bimport\()"([^"]+)"/gm);
  return Array.from(found, ([, from = ""]) => ({ file, from }));
});

const isRelative = ({ from }: Import) => from.startsWith(".");
const isNode = ({ from }: Import) => from.startsWith("node:");
const targetOf = ({ file, from }: Import) => normalize(join(dirname(file), from));
const packageOf = ({ from }: Import) =>
  from
    .split("/")
    .slice(0, from.startsWith("@") ? 2 : 1)
    .join("/");

/** The room of the house that a file is in: `flow`, `edge/http`, or the file itself at the top. */
function roomOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "edge" ? `edge/${second}` : first;
}

/** Which rooms a room may import from, besides itself. */
function allowed(room: string): readonly string[] {
  if (room === "core") return ["pattern"];
  if (room === "pattern") return ["core"];
  if (room.startsWith("edge/") || room === "flow" || room === "config") return ["core", "pattern"];
  if (room === "app/app.ts")
    return ["core", "config", "flow", "edge", "app/deliver.ts", "app/access.ts", "app/lifecycle.ts"];
  if (room === "app/deliver.ts") return ["core", "config", "flow", "edge", "app/lifecycle.ts"];
  if (room === "app/access.ts") return ["core", "config", "edge", "app/lifecycle.ts"];
  if (room === "cli") return ["app/app.ts", "core", "config", "pattern", "edge"];
  return room === "main.ts" ? ["cli"] : [];
}

describe("The house", () => {
  it("is looked at whole", () => {
    assert.ok(files.length > 50 && imports.length > 200, `${files.length} files, ${imports.length} imports`);
  });

  it("imports one way: main → cli → app → flow, config and edge → core and pattern", () => {
    const wrong = imports.filter(isRelative).filter((one) => {
      const [room, target] = [roomOf(one.file), roomOf(targetOf(one))];
      return target !== room && !allowed(room).some((each) => target === each || target.startsWith(`${each}/`));
    });
    assert.deepEqual(wrong, []);
  });

  it("keeps core and pattern free of packages, clocks, chance and I/O", () => {
    const pure = files.filter((file) => file.startsWith("core/") || file.startsWith("pattern/"));
    assert.deepEqual(
      imports.filter((one) => pure.includes(one.file) && !isRelative(one)),
      [],
    );
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\b|\bset(?:Timeout|Interval|Immediate)\(|\bprocess\.|\bfetch\(/;
    const withoutComments = (file: string) =>
      readFileSync(join(SRC, file), "utf8").replaceAll(/\/\*.*?\*\/|\/\/.*$/gms, "");
    assert.deepEqual(
      pure.filter((file) => impure.test(withoutComments(file))),
      [],
    );
  });

  it("imports each package in one folder only", () => {
    const folders = new Map<string, Set<string>>();
    for (const one of imports.filter((each) => !isRelative(each) && !isNode(each))) {
      const rooms = folders.get(packageOf(one)) ?? new Set();
      folders.set(packageOf(one), rooms.add(roomOf(one.file)));
    }
    const shared = [...folders]
      .filter(([, rooms]) => rooms.size > 1)
      .map(([name, rooms]) => `${name}: ${[...rooms].join(", ")}`);
    assert.deepEqual(shared, []);
    assert.ok(folders.has("express") && folders.has("amqplib"), [...folders.keys()].join());
  });

  it("has no file of more than 300 lines", () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), "utf8").split("\n").length > 300);
    assert.deepEqual(
      long.map((file) => relative(".", file)),
      [],
    );
  });
});
