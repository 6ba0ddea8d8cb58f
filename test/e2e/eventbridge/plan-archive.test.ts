import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { eventsClient } from "../../support/aws/events-client.ts";
import { withFolder } from "../../support/config-folder.ts";
import { busbar } from "../../support/router/command-line.ts";
import { Router } from "../../support/router/router.ts";

const configWith = (least: number, more = ""): string => `
queues: { q: {} }
archives: { kept: { bus: default } }
rules:
  big: { eventPattern: { detail: { total: [{ numeric: [">=", ${least}] }] } }, targets: { q: { queue: q } } }
  all: { eventPattern: { source: [shop] }, targets: { q: { queue: q } } }
${more}`;

describe("A plan against an archive", () => {
  it("says which rules would match more or less of its last hour, of files and of the API, with ids", async (t) => {
    const router = await Router.start({ config: configWith(2) });
    t.after(() => router.remove());
    const client = eventsClient(router.publicUrl);
    t.after(() => client.destroy());
    const Targets = [{ Id: "q", Arn: "arn:aws:sqs:us-east-1:000000000000:q" }];
    await client.send(new PutRuleCommand({ Name: "made", EventPattern: '{"source":["shop"]}' }));
    await client.send(new PutTargetsCommand({ Rule: "made", Targets }));
    const { eventIds } = await router.put([1, 2, 3, 4].map((total) => ({ source: "shop", detail: { total } })));

    const plan = async (yaml: string, ...options: readonly string[]) =>
      withFolder({ "a.yaml": yaml }, (folder) =>
        busbar(["plan", folder, "--archive", "kept", ...options, "--admin-url", router.adminUrl]),
      );
    const same = await plan(configWith(2));
    assert.equal(same.code, 0, same.stderr);
    assert.match(same.stdout, /no rule would match more or less of 4 events of the archive kept\n$/);

    const more = "  one: { eventPattern: { detail: { total: [1] } }, targets: { q: { queue: q } } }\n";
    const other = await plan(configWith(4, more), "--json");
    assert.equal(other.code, 2, other.stderr);
    const { archive } = JSON.parse(other.stdout) as { archive: object };
    assert.deepEqual(archive, {
      archive: "kept",
      events: 4,
      end: "finished",
      until: (archive as { until?: string }).until,
      rules: [
        { rule: "default/big", now: 3, then: 1, lost: eventIds.slice(1, 3), gained: [] },
        { rule: "default/one", now: 0, then: 1, lost: [], gained: eventIds.slice(0, 1) },
      ],
    });
    const taken = await plan(
      configWith(2, "  made: { eventPattern: { source: [none] }, targets: { q: { queue: q } } }\n"),
    );
    assert.match(taken.stdout, /default\/made +4 +0 +-/);
    const missing = await busbar(["plan", "--archive", "gone", "--admin-url", router.adminUrl]);
    assert.equal(missing.code, 1);
  });
});
