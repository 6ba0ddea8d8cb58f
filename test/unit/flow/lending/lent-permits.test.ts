import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LentPermits } from "../../../../src/flow/lending/lent-permits.ts";
import { PermitLender } from "../../../../src/flow/lending/permit-lender.ts";
import type { PermitReport } from "../../../../src/flow/lending/permit-message.ts";
import { decodePermitMessage, encodePermitMessage } from "../../../../src/flow/lending/permit-message.ts";

const NEVER = new AbortController().signal;

interface Router {
  readonly name: string;
  readonly permits: LentPermits;
  /** Nothing of it runs, and its clock shows it afterwards. */
  isFrozen: boolean;
  isCutOff: boolean;
  /** Its calls in flight. Those that were in flight when it had lost its permits do not count. */
  readonly calls: Set<{ counts: boolean }>;
}

/** Routers, one of which lends, with messages that take a while, and a clock that the test moves. */
function world(limit: number, names: readonly string[]) {
  let nowMs = 100_000;
  let chance = 1;
  const random = (): number => (chance = (chance * 48_271) % 2_147_483_647) / 2_147_483_647;
  const underway: { readonly atMs: number; readonly from: string; readonly to: string; readonly body: Buffer }[] = [];
  const waits: { readonly atMs: number; readonly end: () => void }[] = [];
  const state = { term: 1, lender: names[0] ?? "", lends: new PermitLender(() => limit, 0) };
  const send = (from: string, to: string, body: Buffer): void => {
    // Messages of one sender to one receiver keep their order.
    const last = underway.findLast((one) => one.from === from && one.to === to)?.atMs ?? 0;
    underway.push({ atMs: Math.max(last, nowMs + Math.floor(random() * 40)), from, to, body });
  };
  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      waits.push({ atMs: nowMs + ms, end: resolve });
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const routers = names.map((name): Router => {
    const report = (said: Omit<PermitReport, "type" | "from">): void =>
      send(name, state.lender, encodePermitMessage({ type: "report", from: name, ...said }));
    const permits = new LentPermits({
      functionName: "work",
      limit: () => limit,
      steadyMs: () => nowMs,
      sleep,
      send: report,
    });
    return { name, permits, isFrozen: false, isCutOff: false, calls: new Set() };
  });
  const receive = (router: Router, body: Buffer): void => {
    const said = decodePermitMessage(body);
    assert.ok(said !== undefined);
    if (said.type === "loan") return router.permits.hear(said);
    if (router.name !== state.lender) return;
    for (const { to, ...loan } of state.lends.hear(said, nowMs)) {
      send(router.name, to, encodePermitMessage({ type: "loan", from: router.name, term: state.term, ...loan }));
    }
  };
  const step = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const one of waits.splice(0))
      if (one.atMs <= nowMs) one.end();
      else waits.push(one);
    for (let at = 0; at < underway.length;) {
      const one = underway[at];
      const to = routers.find(({ name }) => name === one?.to);
      const from = routers.find(({ name }) => name === one?.from);
      if (one === undefined || to === undefined || one.atMs > nowMs || to.isFrozen) at += 1;
      else {
        underway.splice(at, 1);
        if (!to.isCutOff && from?.isCutOff !== true) receive(to, one.body);
      }
    }
    await nextTurn();
    if (Math.floor(nowMs / 1_000) === Math.floor((nowMs - ms) / 1_000)) return;
    for (const { permits, isFrozen } of routers) if (!isFrozen) permits.tick();
    await nextTurn();
  };
  const run = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) await step(10);
  };
  /** Another router lends from now on, knowing nothing. */
  const elect = (name: string): void => {
    state.lender = name;
    state.term += 1;
    state.lends = new PermitLender(() => limit, nowMs);
  };
  return { routers, state, run, step, elect, random };
}

/** Calls of so long at a router, one after the other, as many at once as it is let. */
async function callOften(router: Router, atOnce: number, pause: () => Promise<void>): Promise<void> {
  const one = async (): Promise<void> => {
    for (;;) {
      if (!(await router.permits.take(20_000, NEVER))) continue;
      const call = { counts: true };
      router.calls.add(call);
      await pause();
      while (router.isFrozen) await nextTurn();
      router.calls.delete(call);
      router.permits.release();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** A report of a router that has heard of no loan. */
function firstReport(from: string, wants: number, ask = 1): PermitReport {
  return { type: "report", functionName: "work", from, ask, has: 0, wants, limit: 2, seen: { term: 1, number: 0 } };
}

describe("A lender of permits", () => {
  it("lends a permit to nobody else while its loan is on its way to a router that wants none any more", () => {
    const lender = new PermitLender(() => 1, -10_000);
    assert.equal(lender.hear(firstReport("one", 1), 0)[0]?.permits, 1);
    lender.hear(firstReport("one", 0, 2), 10);
    const loans = lender.hear(firstReport("two", 1), 20);
    assert.equal(loans.find(({ to }) => to === "two")?.permits, 0);
  });

  it("whose configuration says nothing of a function yet lends as many as the routers' own say", () => {
    const lender = new PermitLender(() => undefined, -10_000);
    assert.equal(lender.hear(firstReport("one", 3), 0)[0]?.permits, 2);
    const off = new PermitLender(() => 0, -10_000);
    assert.equal(off.hear(firstReport("one", 3), 0)[0]?.permits, 0);
  });
});

describe("Permits of a function with reserved concurrency", () => {
  it("are lent to who wants them, all to one router where no other wants any", async () => {
    const { routers, run } = world(3, ["one", "two"]);
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const taking = [1, 2, 3, 4].map(() => one.permits.take(60_000, NEVER));
    await run(200);
    assert.equal(one.permits.used, 3);
    assert.equal(await Promise.race([one.permits.takeFree(), run(1_500).then(() => "waits")]), false);
    one.permits.release();
    assert.deepEqual(await Promise.all(taking), [true, true, true, true]);
    assert.equal(two.permits.tryTake(), false);
  });

  it("that a router does not use go to another at once, and those in use by turns", async () => {
    const { routers, run } = world(1, ["one", "two"]);
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    const taking = one.permits.take(1_000, NEVER);
    await run(200);
    assert.equal(await taking, true);
    one.permits.release();
    const other = two.permits.takeFree();
    await run(300);
    assert.equal(await other, true);
    const again = one.permits.take(60_000, NEVER);
    await run(2_000);
    assert.equal(one.permits.used, 0);
    two.permits.release();
    await run(200);
    assert.equal(await again, true);
  });

  it("go back when they were not used for a while, and then nobody says anything", async () => {
    const { routers, run } = world(2, ["one"]);
    const [one] = routers;
    assert.ok(one !== undefined);
    const taking = one.permits.take(1_000, NEVER);
    await run(200);
    assert.equal(await taking, true);
    one.permits.release();
    assert.equal(one.permits.usable, 1);
    const isReturned = (): boolean => one.permits.usable === 0;
    for (let at = 0; at < 800 && !isReturned(); at++) await run(10);
    assert.ok(isReturned());
    // While what it said last is still underway.
    const anew = one.permits.takeFree();
    await run(300);
    assert.equal(one.permits.used, 1);
    assert.equal(await anew, true);
  });

  it("end for a router that gets no answer, and go to others only after that", async () => {
    const { routers, run, state } = world(2, ["one", "two"]);
    const [one, two] = routers;
    assert.ok(one !== undefined && two !== undefined);
    state.lender = "two";
    const taking = Promise.all([one.permits.take(1_000, NEVER), one.permits.take(1_000, NEVER)]);
    await run(200);
    assert.deepEqual(await taking, [true, true]);
    one.permits.release();
    one.isCutOff = true;
    const other = Promise.all([two.permits.take(20_000, NEVER), two.permits.take(20_000, NEVER)]);
    let hadOverlap = false;
    for (let at = 0; at < 800; at++) {
      await run(10);
      // Its call in flight goes on. It begins no other when somebody else has the permit.
      if (one.permits.tryTake()) {
        hadOverlap ||= two.permits.used === 2;
        one.permits.release();
      }
    }
    assert.deepEqual([await other, hadOverlap, one.permits.tryTake()], [[true, true], false, false]);
  });

  for (const [limit, count] of [
    [1, 2],
    [3, 2],
    [5, 3],
    [2, 4],
  ] as const) {
    it(`are never more than ${limit} over ${count} routers, while lenders change, freeze and are cut off`, async () => {
      const names = Array.from({ length: count }, (_, at) => `router-${at}`);
      const { routers, step, elect, random, state } = world(limit, names);
      const pick = (): Router => routers[Math.floor(random() * routers.length)] as Router;
      const ends: (() => void)[] = [];
      const pause = (): Promise<void> => new Promise((resolve) => void ends.push(resolve));
      let calls = 0;
      for (const router of routers) void callOften(router, limit + 1, pause);
      for (let at = 0; at < 6_000; at++) {
        await step(10);
        if (random() < 0.2) {
          const end = ends.splice(Math.floor(random() * ends.length), 1)[0];
          calls += end === undefined ? 0 : 1;
          end?.();
          await nextTurn();
        }
        const chance = random();
        const router = pick();
        if (chance < 0.002) router.isCutOff = !router.isCutOff;
        else if (chance < 0.004) router.isFrozen = !router.isFrozen;
        // A lender that is back lends in another term, as one that was elected does.
        const isBack = chance < 0.004 && router.name === state.lender;
        if (isBack || (chance >= 0.004 && chance < 0.006)) elect(isBack ? router.name : pick().name);
        // What a router has in flight when its permits end may overlap with calls of others.
        for (const { isCutOff, isFrozen, permits, calls: inFlight } of routers) {
          if ((isCutOff || isFrozen) && permits.usable === 0) for (const call of inFlight) call.counts = false;
        }
        const counted = routers.flatMap(({ calls }) => [...calls]).filter(({ counts }) => counts).length;
        assert.ok(counted <= limit, `${counted} calls at once, of ${limit}, at step ${at}`);
      }
      assert.ok(calls > 50, `${calls} calls`);
      for (const each of routers) each.isFrozen = false;
    });
  }
});
