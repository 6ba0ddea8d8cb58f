import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, it } from "node:test";

const ORACLE = "test/simulation/oracle";

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typesOnly: boolean;
}

const files = readdirSync(ORACLE).filter((file) => file.endsWith(".ts"));

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(ORACLE, file), "utf8");
  const found = text.matchAll(
    /(?:^import\s(type\s)?(?:[^;]*?\sfrom\s)?|^export\s[^;]*?\sfrom\s|\bimport\()"([^"]+)"/gm,
  );
  return Array.from(found, ([, type, from = ""]) => ({
    file,
    target: normalize(join(ORACLE, from)),
    typesOnly: type !== undefined,
  }));
});

describe("The simulation's oracle", () => {
  it("is read whole by this test", () => {
    assert.ok(files.length >= 5 && imports.length >= 20, `${files.length} files, ${imports.length} imports`);
    assert.ok(imports.some(({ target }) => target.startsWith("src/")));
  });

  it("runs no code of the router: from outside its folder it imports types only", () => {
    const shared = imports.filter(({ target, typesOnly }) => !typesOnly && !target.startsWith(`${ORACLE}/`));
    assert.deepEqual(shared, []);
  });
});
