import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import ts from "typescript";
import { cpuTimer } from "../../support/cpu-time.ts";

/** Read in well under a millisecond by an expression that takes each character a few times, and in seconds by one that does not. */
const TEXT_LENGTH = 16 * 1024;
const TOOK_MS_MAX = 50;
const TRIES_MAX = 3;

/** What may be repeated to cost an expression more than its length: every character, and what ours look for. */
const REPEATED = [
  ...Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)),
  ...[
    "\n",
    "é",
    "\u00a0",
    '\\"',
    '""',
    '"a',
    'a"',
    '" ',
    "://",
    "a://",
    "a.",
    "a/",
    "/a",
    "a:",
    "<a",
    "[a",
    "['",
    "\\a",
  ],
  ...["${env:", "${file:", "$${", "1.", ".1", "-a", "%a", "; ", "\r\n", "\r", "://@", "a@", "{ ", " }", "1e"],
];

function expressionsIn(file: string): readonly { readonly where: string; readonly expression: RegExp }[] {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: { where: string; expression: RegExp }[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) {
      const [, pattern = "", flags = ""] = /^\/(.*)\/([a-z]*)$/s.exec(node.getText()) ?? [];
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      found.push({ where: `${file}:${line}`, expression: new RegExp(pattern, flags) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A loaded machine may stop for a while, so what is slow is tried again. */
function isSlow(expression: RegExp, text: string): boolean {
  for (let tries = 0; tries < TRIES_MAX; tries++) if (tookMs(expression, text) <= TOOK_MS_MAX) return false;
  return true;
}

function tookMs(expression: RegExp, text: string): number {
  const cpuMs = cpuTimer();
  if (expression.global) text.replaceAll(expression, "");
  else expression.test(text);
  return cpuMs();
}

describe("regular expressions of src and runtimes", () => {
  const files = ["src", "runtimes"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes("node_modules"))
      .map((file) => join(folder, file)),
  );
  const expressions = files.flatMap(expressionsIn);

  it("Every regular expression is read whole by these tests", () => {
    assert.ok(expressions.length > 80, `${expressions.length} expressions`);
  });

  it("Every regular expression takes a time that grows no faster than its text", () => {
    const texts = REPEATED.flatMap((piece) => {
      const long = piece.repeat(TEXT_LENGTH / piece.length);
      return [`${long}\n`, `"${long}`];
    });
    const slow = expressions.flatMap(({ where, expression }) => {
      const text = texts.find((one) => isSlow(expression, one));
      return text === undefined ? [] : [`${where}: ${expression} on ${JSON.stringify(text.slice(0, 8))} …`];
    });
    assert.deepEqual(slow, []);
  });
});
