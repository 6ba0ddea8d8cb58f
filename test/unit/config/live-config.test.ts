import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConfigFollower } from "../../../src/config/live/live-config.ts";
import { LiveConfig } from "../../../src/config/live/live-config.ts";
import type { Config } from "../../../src/domain/config.ts";
import { BUS_KIND } from "../../../src/domain/made/made.ts";
import type { ChangedEntity } from "../../../src/ports/made.ts";
import { withFolder } from "../../support/config-folder.ts";
import { IDENTITY } from "../../support/sample.ts";

const FILES = { "busbar.yaml": "queues: { orders: {} }\nrules: {}\n" };

/** A bus that was made over the API. */
function bus(name: string): ChangedEntity {
  return {
    kind: BUS_KIND,
    name,
    entity: { kind: BUS_KIND, name, value: "{}", revision: 1, createdAtMs: 1, changedAtMs: 1 },
  };
}

interface Followed {
  readonly live: LiveConfig;
  readonly events: string[];
  readonly follower: ConfigFollower;
  /** What `prepare` does before it says that it is done. */
  onPrepare: (next: Config) => void;
}

async function withLive(use: (followed: Followed) => Promise<void>): Promise<void> {
  await withFolder(FILES, async (folder) => {
    const live = await LiveConfig.open({
      folder,
      compilers: { compileConditions: () => assert.fail("there are no conditions") },
      identity: IDENTITY,
      openSecret: (sealed) => sealed,
      observer: { reloaded: () => undefined },
      onLeftOut: () => undefined,
    });
    const events: string[] = [];
    const busesOf = ({ eventBuses }: Config): string => [...eventBuses.keys()].join(" ");
    const followed: Followed = {
      live,
      events,
      onPrepare: () => undefined,
      follower: {
        prepare: async (next) => {
          followed.onPrepare(next);
          await Promise.resolve();
          events.push(`prepared ${busesOf(next)}, in force ${busesOf(live.current)}`);
        },
        follow: (next) => void events.push(`follows ${busesOf(next)}`),
      },
    };
    try {
      await use(followed);
    } finally {
      live.stop();
    }
  });
}

describe("LiveConfig", () => {
  it("what is made over the API is in force only once its follower has made ready what it needs", () =>
    withLive(async ({ live, events, follower }) => {
      await live.begin(follower, live.current);
      await live.takeOver([bus("mobile")]);
      assert.deepEqual(events, ["prepared default mobile, in force default", "follows default mobile"]);
    }));

  it("what cannot be made ready changes nothing, and may be given again", () =>
    withLive(async (followed) => {
      const { live, events, follower } = followed;
      const before = live.current;
      await live.begin(follower, before);
      followed.onPrepare = () => {
        throw new Error("the broker is away");
      };
      await assert.rejects(live.takeOver([bus("mobile")]), /the broker is away/);
      assert.equal(live.current, before);
      assert.deepEqual(events, []);
      followed.onPrepare = () => undefined;
      await live.takeOver([bus("mobile")]);
      assert.ok(live.current.eventBuses.has("mobile"));
      assert.deepEqual(events, ["prepared default mobile, in force default", "follows default mobile"]);
    }));

  it("what was made while the router started is made up for", () =>
    withLive(async ({ live, events, follower }) => {
      const started = live.current;
      await live.takeOver([bus("mobile")]);
      await live.begin(follower, started);
      assert.deepEqual(events, ["prepared default mobile, in force default mobile", "follows default mobile"]);
    }));

  it("files that are read again are in force only once its follower has made ready what they need", () =>
    withLive(async ({ live, events, follower }) => {
      await live.begin(follower, live.current);
      await live.reload();
      assert.deepEqual(events, ["prepared default, in force default", "follows default"]);
    }));
});
