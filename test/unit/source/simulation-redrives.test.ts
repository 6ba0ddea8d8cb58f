import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../../../src/domain/queue/message.ts";
import { packOf } from "../../../src/domain/queue/pack.ts";
import { Chance } from "../../simulation/chance.ts";
import { Life } from "../../simulation/life.ts";
import { Ledger } from "../../simulation/oracle/ledger.ts";
import type { Redrive } from "../../simulation/oracle/redrive.ts";
import { RedriveRules } from "../../simulation/oracle/redrive-rules.ts";
import type { HandOut } from "../../simulation/rabbitmq/queue.ts";
import { newQueue } from "../../simulation/rabbitmq/queue.ts";
import { Scheduler } from "../../simulation/scheduler.ts";

const PARKED = "busbar.parked";

/** A delivery for the target of a rule, as RabbitMQ parks it. */
function letter(id: string, rule: string): Message {
  const headers = { "busbar-bus": "default", "busbar-rule": rule, "busbar-target": "t", "busbar-first-at": 1 };
  return { queue: PARKED, id, body: Buffer.from("{}"), headers };
}

/** What a redrive to its target makes of it. */
function next({ id, headers }: Message, { startedByClockMs }: Redrive): Message {
  const own = { "busbar-redriven": 1, "busbar-accepted-at": 1, "busbar-first-at": startedByClockMs };
  const delivered = { "busbar-destination": "function/f", "busbar-attempt": 1 };
  return { queue: "busbar.function.f", id, body: Buffer.from("{}"), headers: { ...headers, ...delivered, ...own } };
}

const SELECTED = letter("selected", "wanted");
const OTHER = letter("other", "another");

/** A redrive of what is of the rule `wanted`, which has met a pack with one such delivery and one other. */
function meetPack() {
  const problems: string[] = [];
  const scheduler = new Scheduler(new Chance(1));
  const rules = new RedriveRules({
    scheduler,
    ledger: new Ledger(),
    expectedOf: () => [],
    faultless: true,
    violate: (what) => problems.push(what),
  });
  const stored = {
    message: packOf("pack", PARKED, [SELECTED, OTHER]),
    route: PARKED,
    place: 1,
    crashes: 0,
    returns: 0,
    redelivered: false,
  };
  const redrive = rules.begin({
    order: { queue: PARKED, to: "target", filter: { rule: "default/wanted" } },
    life: new Life(scheduler),
    variants: () => [],
    waiting: [stored],
    isReady: () => false,
  });
  const queue = newQueue(PARKED, {});
  const handOut: HandOut = { stored, queue, subscription: undefined, atMs: 0, orphanedBy: undefined };
  // Once for each member.
  rules.met(redrive, handOut);
  rules.met(redrive, handOut);
  const end = (result: { redriven: number; looked: number }): void =>
    rules.ended(redrive, {
      ...result,
      left: 0,
      unredrivable: {},
      examples: [],
      firstIds: [],
      startedAtMs: 0,
      end: "finished",
    });
  const redriven = (): void => {
    rules.sends(redrive, [next(SELECTED, redrive)]);
    rules.stored(next(SELECTED, redrive));
  };
  const leave = (message: Message): void => {
    rules.publishes(redrive, [message]);
    rules.stored(message);
  };
  return { rules, handOut, problems, redriven, leave, end };
}

describe("What the simulation's oracle holds of a redrive that meets a pack", () => {
  it("is well when what it selects is redriven, and the others stay alone", () => {
    const { rules, handOut, problems, redriven, leave, end } = meetPack();
    redriven();
    leave(OTHER);
    rules.removed(handOut);
    end({ redriven: 1, looked: 2 });
    assert.deepEqual(problems, []);
  });

  it("is broken when a member that it did not select is gone with the pack", () => {
    const { rules, handOut, problems, redriven } = meetPack();
    redriven();
    rules.stored(OTHER); // By somebody else.
    rules.removed(handOut);
    assert.match(problems[0] ?? "", /^other is taken out of busbar.parked and was not selected/);
  });

  it("is broken when a member goes before what it becomes is stored", () => {
    const { rules, handOut, problems, leave } = meetPack();
    leave(OTHER);
    rules.removed(handOut);
    assert.deepEqual(problems, ["selected is taken out of busbar.parked before what it becomes is stored"]);
  });

  it("is broken when it stores a member alone that it has redriven, and says nothing of it", () => {
    const { rules, handOut, problems, redriven, leave, end } = meetPack();
    redriven();
    leave(SELECTED);
    leave(OTHER);
    rules.removed(handOut);
    end({ redriven: 1, looked: 2 });
    assert.match(problems.join(), /has sent 1 dead letters and left them, and says finished/);
    assert.match(problems.join(), /says that 1 were redriven, and 0 were/);
  });

  it("is broken when its pack goes back with what it has redriven, and it says nothing of it", () => {
    const { rules, handOut, problems, redriven, end } = meetPack();
    redriven();
    rules.returned(handOut);
    end({ redriven: 1, looked: 2 });
    assert.match(problems.join(), /has sent 1 dead letters and left them, and says finished/);
  });

  it("is broken when it counts the pack and not what is in it", () => {
    const { rules, handOut, problems, redriven, leave, end } = meetPack();
    redriven();
    leave(OTHER);
    rules.removed(handOut);
    end({ redriven: 1, looked: 1 });
    assert.deepEqual(problems, ["a redrive of busbar.parked says that 1 were looked at, and 2 were"]);
  });
});
