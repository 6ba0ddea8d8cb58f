import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { LogUser } from "../../../src/flow/control-log/shared-log.ts";
import { SharedLog } from "../../../src/flow/control-log/shared-log.ts";
import { LOG_BYTES_MAX } from "../../../src/ports/broker/log.ts";

const RECORD_EXTRA_BYTES = 256;

/** A log in memory, whose records are read when the test says so. */
function scriptedLog() {
  const stored: string[] = [];
  let listener: (record: Buffer) => void = () => undefined;
  const script = {
    stored,
    refuses: (_record: string): boolean => false,
    isReading: true,
    hand: (record: string) => listener(Buffer.from(record)),
  };
  const log = {
    append: async (record: Buffer) => {
      const text = record.toString();
      await nextTurn();
      if (script.refuses(text)) throw new Error("refused");
      stored.push(text);
      if (script.isReading) listener(record);
    },
    follow: (to: (record: Buffer) => void) => {
      listener = to;
      for (const text of stored) listener(Buffer.from(text));
      return Promise.resolve();
    },
  };
  return { log, script };
}

function recordingUser(kind: string) {
  const user = {
    kind,
    heard: [] as string[],
    askedBeforeBytes: [] as number[],
    old: [] as Buffer[],
    readable: true,
    read: (record: Record<string, unknown>, endBytes: number) => {
      if (user.readable) user.heard.push(`${String(record["text"])} at ${endBytes}`);
      return user.readable;
    },
    caughtUp: () => void user.heard.push("caught up"),
    renewals: (beforeBytes: number) => {
      user.askedBeforeBytes.push(beforeBytes);
      return user.old.splice(0);
    },
  };
  return user satisfies LogUser & Record<string, unknown>;
}

const recordOf = (kind: string, text: string) => JSON.stringify({ kind, text });

function started() {
  const { log, script } = scriptedLog();
  const counts = { unreadable: 0 };
  const shared = new SharedLog(log, () => {
    counts.unreadable += 1;
  });
  const user = recordingUser("job");
  shared.add(user);
  return { shared, script, user, counts };
}

/** Whether it is settled once everything else has had its turns. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.finally(() => (settled = true)).catch(() => undefined);
  for (let turns = 0; turns < 5; turns++) await nextTurn();
  return settled;
}

describe("The control log of a router", () => {
  it("hands its past to the user of each kind, then says that it is read, then what comes", async () => {
    const { shared, script, user } = started();
    const [first, second] = [recordOf("job", "first"), recordOf("job", "second")];
    script.stored.push(first, recordOf("pause", "another's"));
    await shared.start();
    await shared.append(Buffer.from(second));
    const [firstEnd, pauseBytes] = [first.length + RECORD_EXTRA_BYTES, recordOf("pause", "another's").length];
    const secondEnd = firstEnd + pauseBytes + second.length + 2 * RECORD_EXTRA_BYTES;
    assert.deepEqual(user.heard, [`first at ${firstEnd}`, "caught up", `second at ${secondEnd}`]);
  });

  it("resolves an append once it has read it back, and after two seconds without that", async (t) => {
    const { shared, script, user } = started();
    await shared.start();
    script.isReading = false;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const record = recordOf("job", "mine");
    const appended = shared.append(Buffer.from(record));
    assert.equal(await isSettled(appended), false);
    script.hand(record);
    await appended;
    assert.equal(user.heard.length, 2);

    const unread = shared.append(Buffer.from(recordOf("job", "unread")));
    assert.equal(await isSettled(unread), false);
    t.mock.timers.tick(2_000);
    assert.equal(await isSettled(unread), true);
  });

  it("writes old records again after an append, once, and an append does not fail for them", async () => {
    const { shared, script, user } = started();
    await shared.start();
    const large = recordOf("job", "x".repeat(60_000));
    for (let written = 0; written < LOG_BYTES_MAX / 16 + large.length; written += large.length) script.hand(large);
    const readBytes = Number(/\d+$/.exec(user.heard.at(-1) ?? "")?.[0]);
    user.old = [Buffer.from(recordOf("job", "old")), Buffer.from(recordOf("job", "refused"))];
    script.refuses = (record) => record.includes("refused");
    const [one, two] = [recordOf("job", "one"), recordOf("job", "two")];
    await Promise.all([shared.append(Buffer.from(one)), shared.append(Buffer.from(two))]);
    assert.deepEqual(
      script.stored.map((text) => (JSON.parse(text) as { text: string }).text),
      ["one", "two", "old"],
    );
    const endBytes = readBytes + one.length + RECORD_EXTRA_BYTES;
    assert.deepEqual(
      user.askedBeforeBytes,
      [endBytes - LOG_BYTES_MAX / 16],
      "only what lies far back, and once at a time",
    );
    await shared.append(Buffer.from(one));
    assert.equal(user.askedBeforeBytes.length, 2, "and again after the next append");
  });

  it("reports the first record that nobody can read, and no later one", async () => {
    const { shared, script, user, counts } = started();
    await shared.start();
    script.hand(recordOf("job", "fine"));
    assert.equal(counts.unreadable, 0);
    user.readable = false;
    script.hand(recordOf("job", "of a later version"));
    assert.equal(counts.unreadable, 1);
    for (const record of ["not JSON", "[]", recordOf("later", "x"), recordOf("job", "x")]) script.hand(record);
    assert.equal(counts.unreadable, 1);
  });

  it("is not read back where the broker refuses the record", async () => {
    const { shared, script } = started();
    await shared.start();
    script.refuses = () => true;
    await assert.rejects(shared.append(Buffer.from(recordOf("job", "mine"))), /refused/);
  });
});
