import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LastHour } from "../../../src/flow/status/last-hour.ts";
import { RouterStatuses } from "../../../src/flow/status/router-statuses.ts";
import { decodeStatusMessage, encodeStatusMessage } from "../../../src/flow/status/status-message.ts";
import { statusOf } from "../../support/observe/router-status.ts";

/** Routers at one broker, with one clock that the test sets. */
function routersAt(...ids: readonly string[]) {
  const listeners: ((body: Buffer) => void)[] = [];
  const state = { nowMs: 1_000_000, isRefusing: false, lost: 0, known: [0, 0] as readonly number[] };
  const broker = {
    address: undefined,
    onBroadcast: (listener: (body: Buffer) => void) => {
      listeners.push(listener);
    },
    send: () => Promise.resolve(),
    broadcast: (body: Buffer) => {
      if (state.isRefusing) return Promise.reject(new Error("the broker is away"));
      for (const listener of listeners) listener(body);
      return Promise.resolve();
    },
  };
  const observer = {
    routersKnown: (live: number, silent: number) => {
      state.known = [live, silent];
    },
    statusLost: () => {
      state.lost += 1;
    },
  };
  const routers = ids.map((id) => {
    const measured = { status: statusOf(id) };
    const measure = () => measured.status;
    return Object.assign(new RouterStatuses({ broker, id, measure, observer, nowMs: () => state.nowMs }), { measured });
  });
  return { state, broker, routers };
}

const shown = (routers: RouterStatuses) => routers.list().map(({ id, silent }) => `${id}${silent ? " silent" : ""}`);

describe("What routers know of each other", () => {
  it("is the latest that each said, itself included", () => {
    const { routers } = routersAt("a", "b");
    const [a, b] = routers as [(typeof routers)[0], (typeof routers)[0]];
    a.say();
    b.say();
    assert.deepEqual(shown(a), ["a", "b"]);
    b.measured.status = statusOf("b", { configuration: { digest: "another", sinceMs: 2, rules: 1 } });
    b.say();
    assert.deepEqual(
      a.list().map(({ configuration }) => configuration.digest),
      ["0123456789abcdef", "another"],
    );
  });

  it("is shown as silent after 30 s without a word, and left out after 10 minutes", () => {
    const { routers, state } = routersAt("a", "b");
    const [a, b] = routers as [(typeof routers)[0], (typeof routers)[0]];
    b.say();
    state.nowMs += 29_000;
    a.say();
    assert.deepEqual(shown(a), ["a", "b"]);
    state.nowMs += 1_000;
    a.say();
    assert.deepEqual(shown(a), ["a", "b silent"]);
    assert.deepEqual(state.known, [1, 1]);
    state.nowMs += 570_000;
    a.say();
    assert.deepEqual(shown(a), ["a"]);
  });

  it("is forgotten at once of a router that ends, and taken anew of one that starts again", () => {
    const { routers } = routersAt("a", "b");
    const [a, b] = routers as [(typeof routers)[0], (typeof routers)[0]];
    b.say();
    a.say();
    b.stop();
    assert.deepEqual(shown(a), ["a"]);
    b.measured.status = statusOf("b", { startedAtMs: 5_000 });
    b.say();
    b.measured.status = statusOf("b", { startedAtMs: 1_000 });
    b.say();
    assert.equal(a.list().find(({ id }) => id === "b")?.startedAtMs, 5_000, "what comes late of its former life");
  });

  it("is said every 10 s, and no more by a router that has ended", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { routers, state } = routersAt("a", "b");
    const [a, b] = routers as [(typeof routers)[0], (typeof routers)[0]];
    b.start();
    assert.deepEqual(shown(a), ["b"]);
    state.nowMs += 30_000;
    t.mock.timers.tick(10_000);
    assert.deepEqual(shown(a), ["b"]);
    b.stop();
    t.mock.timers.tick(30_000);
    assert.deepEqual(shown(a), []);
  });

  it("is of itself there while the broker is away, and the loss is counted", async () => {
    const { routers, state } = routersAt("a", "b");
    const [a] = routers as [(typeof routers)[0]];
    state.isRefusing = true;
    a.say();
    await Promise.resolve();
    assert.deepEqual(shown(a), ["a"]);
    assert.equal(state.lost, 1);
  });

  it("has at most 100 routers", async () => {
    const { routers, broker } = routersAt("a");
    const [a] = routers as [(typeof routers)[0]];
    a.say();
    for (let number = 0; number < 300; number++)
      await broker.broadcast(encodeStatusMessage({ type: "status", status: statusOf(`b${number}`) }));
    assert.equal(a.list().length, 100);
    await broker.broadcast(encodeStatusMessage({ type: "status", status: statusOf("b98", { rssBytes: 7 }) }));
    assert.equal(a.list().find(({ id }) => id === "b98")?.rssBytes, 7, "those are kept up to date");
  });

  it("adds up the last hour in steps of 10 s, 360 at most", () => {
    const { routers, state } = routersAt("a", "b");
    const [a, b] = routers as [(typeof routers)[0], (typeof routers)[0]];
    for (let step = 0; step < 400; step++) {
      a.say();
      b.say();
      state.nowMs += 10_000;
    }
    const steps = a.lastHour();
    assert.equal(steps.length, 359);
    assert.deepEqual(steps.at(-1), {
      atMs: state.nowMs - 10_000,
      accepted: 10,
      matched: 6,
      unmatched: 4,
      delivered: 8,
      failing: 2,
    });
  });

  it("has no more than 360 steps of an hour, and none twice, where the clock is set back", () => {
    const lastHour = new LastHour();
    const { counts } = statusOf("a");
    for (let step = 0; step < 400; step++) lastHour.add(counts, step * 10_000);
    lastHour.add(counts, 3_000_000);
    const steps = lastHour.steps(3_000_000);
    assert.equal(steps.length, 360);
    assert.equal(new Set(steps.map(({ atMs }) => atMs)).size, 360);
    assert.equal(steps.at(-1)?.accepted, 2 * counts.accepted, "what is counted then counts for the newest step");
  });
});

describe("A message of what a router says", () => {
  it("is read as it was written, and anything else is none", () => {
    const status = statusOf("a", {
      destinations: [
        {
          destination: "function/f",
          circuit: "open",
          circuitSinceMs: 5,
          cause: "answered 503",
          paused: false,
          callsInFlight: 0,
          delivered: 0,
          failing: 3,
        },
      ],
    });
    const message = { type: "status", status } as const;
    assert.deepEqual(decodeStatusMessage(encodeStatusMessage(message)), message);
    const wrong = [
      Buffer.from("busbar-tap/1\n{}"),
      Buffer.from("busbar-status/1\n{"),
      Buffer.from("busbar-status/1\n[]"),
      encodeStatusMessage({ type: "status", status: { ...status, id: "" } }),
      encodeStatusMessage({ type: "status", status: { ...status, version: "x".repeat(300) } }),
      encodeStatusMessage({ type: "status", status: { ...status, rssBytes: -1 } }),
      Buffer.from(encodeStatusMessage(message).toString().replace('"type":"status"', '"type":"other"')),
      Buffer.concat([encodeStatusMessage(message), Buffer.alloc(256 * 1024, " ")]),
    ];
    for (const bytes of wrong) assert.equal(decodeStatusMessage(bytes), undefined, bytes.toString("utf8", 0, 80));
  });
});
