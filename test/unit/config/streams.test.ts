import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import { load, problemsOf } from "../../support/config-folder.ts";

describe("Streams in YAML", () => {
  it("are read, and are on the broker as they are named, each partition by its number", async () => {
    const loaded = await load({
      "a.yaml": `
streams:
  clicks: { description: What is clicked, retentionDays: 7 }
  visits: { partitions: 3, retentionBytes: 1073741824 }
`,
    });
    assert.ok(loaded.ok);
    assert.deepEqual(
      [...loaded.config.streams.values()],
      [
        { name: "clicks", description: "What is clicked", partitions: 1, retention: { days: 7 } },
        { name: "visits", partitions: 3, retention: { bytes: 1_073_741_824 } },
      ],
    );
    assert.deepEqual(
      declarationsOf(loaded.config).map(({ name, owner, retention }) => [name, owner, retention]),
      [
        ["clicks", "user", { days: 7 }],
        ["visits-0", "user", { bytes: 1_073_741_824 }],
        ["visits-1", "user", { bytes: 1_073_741_824 }],
        ["visits-2", "user", { bytes: 1_073_741_824 }],
      ],
    );
  });

  it("have names of their own: not a queue's, nor that of another stream's partition", async () => {
    const problems = await problemsOf({
      "a.yaml": `
queues: { clicks: {} }
streams:
  clicks: {}
  visits: { partitions: 2 }
  visits-1: {}
  busbar.mine: {}
  many: { partitions: 65 }
`,
    });
    assert.deepEqual(
      problems.map((problem) => problem.replace(/^stream (.*) \(a\.yaml:.*\)$/, "$1")),
      [
        `"clicks": its name is a queue's too: the broker has one thing of a name`,
        `"visits-1": its name may be that of a partition of stream "visits": give it one that does not end with a number`,
        `"busbar.mine": its name must be 1 to 124 letters, digits, dots, dashes and underscores, and not begin with busbar. or amq.`,
        `"many": partitions must be 1..64, got 65`,
      ],
    );
  });

  it("are targets of rules, with the path to the partition key for them alone", async () => {
    const loaded = await load({
      "a.yaml": `
streams: { clicks: {} }
rules:
  all:
    eventPattern: { source: [shop] }
    targets: { keep: { stream: clicks, kinesisParameters: { partitionKeyPath: $.detail.user } } }
`,
    });
    assert.ok(loaded.ok);
    const [target] = loaded.config.rules.get("default/all")!.targets;
    assert.deepEqual(target?.to, { kind: "stream", name: "clicks" });
    assert.equal(target.partitionKeyPath, "$.detail.user");
    const problems = await problemsOf({
      "a.yaml": `
queues: { q: {} }
rules:
  all:
    eventPattern: { source: [shop] }
    targets:
      keep: { queue: q, kinesisParameters: { partitionKeyPath: $.detail.user } }
      gone: { stream: nowhere }
`,
    });
    assert.match(problems[0]!, /kinesisParameters is for streams only/);
    assert.match(problems[1]!, /must name a configured stream/);
  });
});
