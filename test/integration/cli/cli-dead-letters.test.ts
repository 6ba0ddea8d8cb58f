import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { HeaderValue } from "../../../src/domain/queue/message.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../../src/domain/queue/queues.ts";
import { createProgress, progressBar } from "../../../src/cli/output/progress.ts";
import { BareRouter } from "../../support/router/bare-router.ts";
import { busbar } from "../../support/router/command-line.ts";

const EVENT = '{"id":"e-1","source":"shop.checkout","detail":{"total":1.50}}';
const ORIGIN = { "busbar-bus": "default", "busbar-rule": "keep", "busbar-target": "log" };
const AT_MS = Date.parse("2026-01-31T12:00:00Z");

describe("busbar dead-letters", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());
  beforeEach(async () => {
    for (const queue of ["orders", "empty", DEAD_LETTER_QUEUE, PARKED_QUEUE]) await router.broker.purge(queue);
  });

  const deadLetters = (...args: readonly string[]) => busbar(["dead-letters", ...args, "--admin-url", router.adminUrl]);
  const ready = async (queue: string) => (await router.broker.depth(queue))?.ready;

  async function fill(id: string, headers: Record<string, HeaderValue>, queue = DEAD_LETTER_QUEUE): Promise<void> {
    await router.broker.publish([{ queue, id, headers, body: Buffer.from(EVENT) }]);
  }

  const fillAll = async (): Promise<void> => {
    const told = { ...ORIGIN, "busbar-first-at": AT_MS, "busbar-attempt": 3, ERROR_MESSAGE: "it\ntook too long" };
    await fill("d-1", { ...told, ERROR_CODE: "TIMEOUT" });
    await fill("d-2", { ...told, ERROR_CODE: "TIMEOUT", "busbar-redriven": 1 });
    await fill("d-3", { ERROR_CODE: "NO_RESOURCE", ERROR_MESSAGE: "no bus" });
  };

  it("list prints dead letters in a table, all of them or those that are selected", async () => {
    await fillAll();
    const all = await deadLetters("list");
    const table = [
      "ID   TIME                      RULE          TARGET  ERROR        ATTEMPTS  REDRIVEN  MESSAGE",
      "d-1  2026-01-31T12:00:00.000Z  default/keep  log     TIMEOUT             3         0  it took too long",
      "d-2  2026-01-31T12:00:00.000Z  default/keep  log     TIMEOUT             3         1  it took too long",
      "d-3  -                         -             -       NO_RESOURCE         0         0  no bus",
      "",
    ];
    assert.deepEqual(all, { code: 0, stdout: table.join("\n"), stderr: "" });
    const { stdout } = await deadLetters("list", "--error-code", "NO_RESOURCE", "--json");
    assert.deepEqual(JSON.parse(stdout), [
      { id: "d-3", errorCode: "NO_RESOURCE", errorMessage: "no bus", attempts: 0, redriven: 0 },
    ]);
    const cut = await deadLetters("list", "--limit", "1", "--older-than", "1s");
    assert.equal(cut.stderr, "There may be more: these are the first 1.\n");
  });

  it("list names other queues with messages where its own has none", async () => {
    await fill("p-1", {}, PARKED_QUEUE);
    const { stdout, stderr } = await deadLetters("list");
    assert.deepEqual(
      [stdout, stderr],
      ["", "no such dead letter in busbar.dead-letter; messages wait in busbar.parked (1)\n"],
    );
  });

  it("show prints a dead letter whole, or that there is none", async () => {
    await fillAll();
    const { stdout } = await deadLetters("show", "d-3");
    const lines = ["id             d-3", "ERROR_CODE     NO_RESOURCE", "ERROR_MESSAGE  no bus", "{"];
    assert.deepEqual(stdout.split("\n").slice(0, 4), lines);
    assert.match(stdout, /"total": 1\.50/);
    const none = await deadLetters("show", "d-4");
    assert.deepEqual(none, { code: 1, stdout: "", stderr: 'busbar.dead-letter has no dead letter "d-4"\n' });
  });

  it("redrive --dry-run prints what a redrive would do, and redrive does it", async () => {
    await fillAll();
    const stays = "1 cannot be redriven and stay: it never had a target, or does not say which\n";
    const preview = await deadLetters("redrive", "--dry-run");
    const table = "ERROR        COUNT\nTIMEOUT          2\nNO_RESOURCE      1\n";
    assert.deepEqual(preview, { code: 0, stdout: `${table}2 dead letters would be redriven\n${stays}`, stderr: "" });
    assert.equal(await ready(DEAD_LETTER_QUEUE), 3);
    const done = await deadLetters("redrive", "--rate", "100/s");
    assert.deepEqual(done, {
      code: 0,
      stdout: `busbar.dead-letter: 2 dead letters redriven to target\n${stays}`,
      stderr: "  d-3: it does not say which target it had\n",
    });
    const messages = await router.broker.peek("orders", 10);
    assert.deepEqual(
      messages.map(({ id, headers }) => [id, headers["busbar-redriven"]]),
      [
        ["d-1", 1],
        ["d-2", 2],
      ],
    );
  });

  it("redrive --to bus puts an event on its bus again", async () => {
    await fillAll();
    const { stdout } = await deadLetters("redrive", "--to", "bus", "--id", "d-1", "--json");
    const { state, removed, to } = JSON.parse(stdout) as JobAnswer;
    assert.deepEqual([state, removed, to], ["done", 1, "bus"]);
    assert.deepEqual((await router.broker.peek("orders", 10))[0]?.id, "of-d-1");
  });

  it("purge deletes what is selected, only with --yes", async () => {
    await fillAll();
    const asked = await deadLetters("purge", "--rule", "keep");
    const stderr = "this deletes 2 dead letters in busbar.dead-letter: add --yes to do it\n";
    assert.deepEqual(asked, { code: 1, stdout: "", stderr });
    const stdout = "busbar.dead-letter: 2 dead letters deleted\n";
    assert.deepEqual(await deadLetters("purge", "--rule", "keep", "--yes"), { code: 0, stdout, stderr: "" });
    assert.equal(await ready(DEAD_LETTER_QUEUE), 1);
  });

  it("parked does the same for parked messages", async () => {
    await fill("p-1", { "busbar-parked-reason": "undecodable", "busbar-parked-problem": "no header" }, PARKED_QUEUE);
    const parked = (...args: readonly string[]) => busbar(["parked", ...args, "--admin-url", router.adminUrl]);
    assert.match((await parked("list")).stdout, /^p-1 .* undecodable .* no header$/m);
    const stays = "1 cannot be redriven and stay: the message is no delivery that could be read\n";
    assert.equal((await parked("redrive")).stdout, `busbar.parked: 0 parked messages redriven to target\n${stays}`);
    assert.equal((await parked("purge", "--yes")).stdout, "busbar.parked: 1 parked message deleted\n");
  });

  it("wrong options of dead-letters are refused", async () => {
    const wrong = [
      ["list", "--older-than", "1 week"],
      ["redrive", "--rate", "0/s"],
      ["redrive", "--to", "queue"],
      ["list", "--queue", "nowhere"],
    ];
    const errors = await Promise.all(wrong.map(async (args) => (await deadLetters(...args)).stderr));
    const expected = [
      /90s, 15m, 12h, 7d/,
      /It must be 1\/s\.\.10000\/s\./,
      /Allowed choices are target, bus/,
      /"nowhere"/,
    ];
    for (const [index, pattern] of expected.entries()) assert.match(errors[index] ?? "", pattern);
  });
});

describe("/api/v1/dead-letters", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  const refusal = async (path: string): Promise<readonly unknown[]> => {
    const response = await fetch(`${router.adminUrl}/api/v1/dead-letters/${path}`, { method: "POST" });
    const { detail } = (await response.json()) as { detail: string };
    return [response.status, response.headers.get("content-type"), detail];
  };

  for (const [path, status, detail] of [
    ["orders/purge?eroCode=x", 400, /^unknown parameter "eroCode": known are id, rule, target, errorCode, /],
    ["orders/purge?id=a&id=b", 400, /^id must have one value$/],
    ["orders/purge?id=", 400, /^id must have one value$/],
    ["orders/list?limit=1001", 400, /^limit must be 1\.\.1000, got "1001"$/],
    ["orders/list?before=yesterday", 400, /^before must be a time such as 2026-01-31T12:00:00Z, got "yesterday"$/],
    ["orders/redrive?to=queue", 400, /^to must be target or bus, got "queue"$/],
    ["orders/redrive?ratePerSecond=0", 400, /^ratePerSecond must be 1..10000, got "0"$/],
    ["orders/show", 400, /^id is missing$/],
    ["busbar.function.f/purge", 404, /^there is no queue "busbar\.function\.f"/],
  ] as const) {
    it(`a request for ${path} is refused`, async () => {
      const [actual, contentType, text] = await refusal(path);
      assert.deepEqual([actual, contentType], [status, "application/problem+json"]);
      assert.match(String(text), detail);
    });
  }

  it("the list of dead-letter queues has their depths", async () => {
    const response = await fetch(`${router.adminUrl}/api/v1/dead-letters`);
    const queues = [DEAD_LETTER_QUEUE, PARKED_QUEUE].map((name) => ({ name, ready: 0 }));
    assert.deepEqual(await response.json(), { queues });
  });
});

describe("the progress of a redrive", () => {
  it("the bar of a redrive is never more than full", () => {
    assert.equal(progressBar(0, 500), `[${" ".repeat(30)}]   0 %  0 of 500`);
    assert.equal(progressBar(250, 500), `[${"#".repeat(15)}${" ".repeat(15)}]  50 %  250 of 500`);
    assert.equal(progressBar(501, 500), `[${"#".repeat(30)}] 100 %  501 of 500`);
    assert.equal(progressBar(0, 0), `[${"#".repeat(30)}] 100 %  0 of 0`);
  });

  it("the progress of a redrive is a bar on a terminal, and lines elsewhere", () => {
    for (const [isTTY, expected] of [
      [true, `\r${progressBar(0, 10)}  \x1b[K\r${progressBar(5, 10)}  1/s\x1b[K\n`],
      [false, "5 of 10 done\n"],
    ] as const) {
      let written = "";
      let nowMs = 0;
      const output = { isTTY, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
      const progress = createProgress(10, output, () => nowMs);
      nowMs = 5_000;
      progress.reached(5);
      progress.end();
      assert.equal(written, expected);
    }
  });
});
