import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { cutText } from "../../../../src/text/cut-text.ts";
import { redact } from "../../../../src/text/redact.ts";
import { LOG_LINE_BYTES_MAX, LOG_TEXT_BYTES_MAX } from "../../../../src/edge/observe/log/bounded-fields.ts";
import { forEachLine } from "../../../../src/edge/targets/process/output-lines.ts";
import { assertBoundedWork } from "../../../support/bounded-work.ts";
import { observe, sampleAttempt } from "../../../support/observe/observe.ts";

const MIB = 1_048_576;

/** Escaped, a character takes six bytes at most. */
const WRITTEN_BYTES_MAX = 6 * LOG_LINE_BYTES_MAX;

/** Texts of a megabyte that cost an expression over whole lines minutes. */
const HOSTILE: ReadonlyMap<string, string> = new Map(
  ["a", "x://", "a://b@", "://", ":", "@", '"', "\\", "\u0001", "é", "😀", "\ud800"].map((piece) => [
    piece,
    `x://${piece.repeat(MIB / piece.length)}`,
  ]),
);

function failedAttempt(message: string) {
  const verdict = { kind: "failed", reason: "function_error", condition: "RetriesExhausted" } as const;
  return sampleAttempt({ outcome: { ok: false, reason: "function_error", message }, verdict });
}

async function linesOf(...chunks: readonly string[]): Promise<readonly string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  forEachLine(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await new Promise((resolve) => stream.once("close", resolve));
  return lines;
}

describe("log lines with a megabyte from outside", () => {
  it("A log line is bounded and takes bounded work whatever the text is", async () => {
    const { observation, text } = observe();
    for (const [piece, hostile] of HOSTILE) {
      const writers: Record<string, () => void> = {
        "a function's error message": () => observation.observer.attempt(failedAttempt(hostile)),
        "a stranger's operation": () =>
          observation.accessObserver.access({ action: hostile, from: "203.0.113.1", outcome: "missing" }),
        "an error with its causes": () =>
          observation.log.error({ error: new Error(hostile, { cause: new Error(hostile, { cause: hostile }) }) }, "x"),
        "a list of problems": () =>
          observation.observer.reloaded({ ok: false, problems: Array<string>(100).fill(hostile) }),
        "a line of output": () => observation.functionOutput("stock", "stdout", hostile),
      };
      for (const [what, write] of Object.entries(writers)) {
        const before = text().length;
        write();
        const written = text().slice(before);
        assert.ok(Buffer.byteLength(written) <= WRITTEN_BYTES_MAX, `${what} of ${piece}: ${written.length}`);
        JSON.parse(written);
        await assertBoundedWork(`${what} of ${JSON.stringify(piece)}`, MIB, write);
      }
    }
  });

  it("A log line keeps each text up to 8 KiB in whole characters, and marks where it was cut", () => {
    const { observation, lines } = observe();
    observation.functionOutput("stock", "stdout", "x".repeat(LOG_TEXT_BYTES_MAX));
    observation.functionOutput("stock", "stdout", `${"x".repeat(LOG_TEXT_BYTES_MAX)}y`);
    observation.functionOutput("stock", "stdout", "😀".repeat(LOG_TEXT_BYTES_MAX));
    const [whole, cut, faces] = lines.map(({ line }) => String(line));
    assert.equal(whole, "x".repeat(LOG_TEXT_BYTES_MAX));
    assert.equal(cut, `${"x".repeat(LOG_TEXT_BYTES_MAX - 3)}…`);
    assert.equal(faces, `${"😀".repeat(LOG_TEXT_BYTES_MAX / 4 - 1)}…`);
  });

  it("A log line cuts the stack and the causes of an error too", () => {
    const { observation, lines } = observe();
    const long = "m".repeat(MIB);
    observation.log.error({ error: new Error(long, { cause: new Error(long) }) }, "failed");
    const { message, stack, cause } = lines[0]!.error as Record<string, string> & { cause: Record<string, string> };
    for (const text of [message!, stack!, cause.message!, cause.stack!])
      assert.equal(Buffer.byteLength(text), LOG_TEXT_BYTES_MAX);
  });

  it("A log line ends a long list where the line is full", () => {
    const { observation, lines } = observe();
    const problems = Array.from({ length: 10_000 }, (_, n) => `rules.yaml:${n}:1 is wrong in the way of ${n}`);
    observation.observer.reloaded({ ok: false, problems });
    const written = lines[0]!.problems as readonly string[];
    assert.ok(written.length > 1_000 && written.length < 3_000, `${written.length}`);
    assert.deepEqual(written.slice(0, -2), problems.slice(0, written.length - 2));
    assert.equal(written.at(-1), "…");
  });
});

describe("passwords of URLs", () => {
  it("The password of a URL is taken out where the cut falls within the URL", () => {
    const { observation, text } = observe();
    const url = "amqps://busbar:hunter2@rabbit.example/vhost";
    for (let before = LOG_TEXT_BYTES_MAX - url.length - 2; before <= LOG_TEXT_BYTES_MAX + 1; before++)
      observation.functionOutput("stock", "stdout", `${"x".repeat(before)} ${url} and more`);
    assert.ok(!/busbar:|hunt/.test(text()));
  });

  it("The password of a URL is taken out of a piece of a long line, wherever the pieces end", async () => {
    const { observation, text } = observe();
    const url = "amqps://busbar:hunter2@rabbit.example/vhost";
    for (let before = 8_192 - url.length - 2; before <= 8_193; before++) {
      const line = `${"x".repeat(before)} ${url} ${"y".repeat(20_000)}`;
      const pieces = await linesOf(line.slice(0, 8_200), line.slice(8_200));
      assert.equal(pieces.join(""), line);
      for (const piece of pieces) observation.functionOutput("stock", "stdout", piece);
    }
    assert.ok(!/busbar:|hunt/.test(text()));
  });

  it("The password of a URL is taken out when it is longer than a piece", async () => {
    const { observation, text } = observe();
    for (const piece of await linesOf(`see x://u:${"hunter2".repeat(4_000)}@host/ and more\n`))
      observation.functionOutput("stock", "stdout", piece);
    assert.ok(!text().includes("hunter2"));
    assert.ok(text().includes("@host/ and more"));
  });

  it("The password of a URL is taken out up to the last @ before the host ends, of each URL", () => {
    const cases: ReadonlyMap<string, string> = new Map([
      ["amqp://u:p@h", "amqp://***@h"],
      ["amqp://u:p@q@h/x@y", "amqp://***@h/x@y"],
      ["http://h:80/p?q=a@b", "http://h:80/p?q=a@b"],
      ["http://h?a@b http://h#a@b", "http://h?a@b http://h#a@b"],
      ['{"url":"amqp://u:p\\"q@h"}', '{"url":"amqp://***@h"}'],
      ["x://u@h,y://v:w@i", "x://***@h,y://***@i"],
      ["a://b://c@d", "a://b://***@d"],
      ["mail me@example.com", "mail me@example.com"],
      ["http://@h and http://", "http://@h and http://"],
    ]);
    for (const [text, redacted] of cases) assert.equal(redact(text), redacted, text);
  });
});

describe("a process's output", () => {
  it("A process's output comes in pieces of at most 8 KiB, with no character cut in two", async () => {
    const line = "é😀".repeat(10_000);
    const pieces = await linesOf(line.slice(0, 9_999), line.slice(9_999), "\r\n\nshort");
    assert.deepEqual([pieces.slice(0, -2).join(""), ...pieces.slice(-2)], [line, "", "short"]);
    for (const piece of pieces) {
      assert.ok(Buffer.byteLength(piece) <= 8_192);
      assert.ok(piece.isWellFormed());
    }
  });

  it("A process's output takes bounded work, whatever a megabyte of it is", async () => {
    for (const [piece, hostile] of HOSTILE)
      await assertBoundedWork(`output of ${JSON.stringify(piece)}`, MIB, () => linesOf(hostile));
  });
});

describe("cutText", () => {
  it("cutText keeps the longest beginning that fits, in whole characters", () => {
    assert.equal(cutText("aé😀b", 8), "aé😀b");
    assert.equal(cutText("aé😀b", 7), "aé😀");
    assert.equal(cutText("aé😀b", 6), "aé");
    assert.equal(cutText("aé😀b", 2), "a");
    assert.equal(cutText("aé😀b", 0), "");
    assert.equal(cutText("aaa😀", 4), "aaa");
  });
});
