import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HTTP, CloudEvent } from "cloudevents";
import type { EventListed, EventWay, ListPage } from "../../../src/admin-api/history/history.ts";
import { HAPPENING_KINDS } from "../../../src/admin-api/history/happenings.ts";
import type { JobsAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually } from "../../contract/waiting.ts";
import { busbar } from "../../support/router/command-line.ts";
import { ConsoleProcess } from "../../support/console/console-process.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

/** In every secret that is put, answered or configured here, and in nothing else. */
const SECRET = `s3cr3t${randomUUID().replaceAll("-", "")}`;
/** In the same events and answers, where it may be read. */
const PUBLIC = `public${randomUUID().replaceAll("-", "")}`;

/** Secrets as applications write them, beside what is none. */
const CORPUS = {
  note: PUBLIC,
  password: SECRET,
  user: { oldPasswd: SECRET, auth: { access_token: SECRET, "Refresh-Token": { value: [SECRET] } } },
  request: { headers: { Authorization: `Bearer ${SECRET}`, "X-Api-Key": SECRET, cookie: `session=${SECRET}` } },
  accounts: [{ id: 1, client_secret: SECRET }, { credentials: { key: SECRET } }],
};

describe("The journal of an embedded router", () => {
  it("tells each event's way over the API and the command line, and none of its secrets anywhere", async (t) => {
    const { fn, router, consoleUrl, config } = await startWithConsole(t);
    const put = async (source: string): Promise<string> => {
      const { eventIds } = await router.put([{ source, detail: CORPUS }]);
      return String(eventIds[0]);
    };
    const [fine, flaky, nobody, broken] = [
      await put("fine"),
      await put("flaky"),
      await put("nobody"),
      await put("broken"),
    ];
    const cloudEvent = await putCloudEvent(router);
    const way = (id: string) => wayOf(consoleUrl, id);
    const cameTo = (id: string, outcome: string, among: (way: EventWay) => boolean = () => true) =>
      eventually(`${id} is ${outcome}`, async () => {
        const now = await way(id);
        return now?.outcome === outcome && among(now);
      });
    await cameTo(fine, "delivered");
    await cameTo(flaky, "delivered");
    await cameTo(nobody, "unmatched");
    await cameTo(broken, "failed");
    await cameTo(cloudEvent, "failed");

    const attemptsOf = async (id: string) =>
      (await way(id))?.deliveries.flatMap(({ attempts }) =>
        attempts.map(({ verdict, statusCode }) => [verdict, statusCode]),
      );
    assert.deepEqual(await attemptsOf(fine), [["done", 200]]);
    assert.deepEqual(await attemptsOf(flaky), [
      ["retry", 503],
      ["done", 200],
    ]);
    assert.deepEqual(
      (await way(broken))?.deliveries[0]?.letters.map(({ queue, reason }) => [queue, reason]),
      [["failed", "client_error"]],
    );

    fn.mended = true;
    const redriven = await busbar(["dead-letters", "redrive", "--queue", "failed", "--admin-url", router.adminUrl]);
    assert.equal(redriven.code, 0, redriven.stderr);
    for (const id of [broken, cloudEvent])
      await cameTo(id, "delivered", ({ deliveries }) => deliveries[0]?.redrives.length === 1);

    const events = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await busbar(["events", ...args, "--console-url", consoleUrl]);
      assert.equal(code, 0, stderr);
      return stdout;
    };
    assert.match(await events("find"), new RegExp([cloudEvent, broken, nobody, flaky, fine].join("[^]*")));
    const unmatched = await events("find", "--outcome", "unmatched");
    assert.ok(unmatched.includes(nobody) && !unmatched.includes(fine), unmatched);
    assert.match(await events("show", nobody), /unmatched: no rule matched/);
    assert.match(
      await events("show", fine),
      /function\/fine by rule default\/fine: delivered .*\n.*attempt 1, \d+ ms: ok 200\n/,
    );
    assert.match(await events("show", flaky), /attempt 1, .* 503: .*; next try .*\n.*attempt 2, \d+ ms: ok 200\n/);
    const shown = await events("show", broken);
    assert.match(shown, /attempt 1, .* 400: .*\n.*dead letter in failed: client_error\n/);
    const jobId = (await way(broken))?.deliveries[0]?.redrives[0]?.jobId ?? assert.fail("no job");
    for (const line of [
      new RegExp(`redriven from failed to its target by job ${jobId}\n`),
      /attempt 1, \d+ ms: ok 200\n/,
    ])
      assert.match(shown, line);
    const jobs = (await (await fetch(`${router.adminUrl}/api/v1/jobs`)).json()) as JobsAnswer;
    assert.deepEqual(
      jobs.jobs.map(({ id }) => id),
      [jobId],
    );

    // A mistake in the configuration is in the journal as well.
    await router.configure(config.replace(`token: "${SECRET}"`, `token: ["${SECRET}"]`));
    await eventually("a reload is refused", async () => (await rowsOf(consoleUrl, "happenings/reload")).length === 1);

    const answers = await everyAnswer(consoleUrl);
    assert.ok(answers.includes(PUBLIC), "bodies are shown");
    assert.ok(!answers.includes(SECRET), around(answers));
    await router.stop();
    const files = await filesBelow(join(router.folder, "data"));
    const holding = (text: string) => files.filter(({ bytes }) => bytes.includes(text)).map(({ name }) => name);
    const kept = holding(PUBLIC);
    assert.ok(
      kept.some((name) => name.includes("journal")),
      kept.join(),
    );
    assert.ok(
      kept.some((name) => name.includes("console/")),
      kept.join(),
    );
    // The broker keeps messages as they are until they are delivered, and that file is not the journal's.
    assert.deepEqual(
      holding(SECRET).filter((name) => /journal|console\//.test(name)),
      [],
    );
  });

  it("tells of dead letters that were redriven in vain that they failed again", async (t) => {
    const { router, consoleUrl } = await startWithConsole(t);
    const ids: string[] = [];
    while (ids.length < 100) {
      const entries = Array.from({ length: 10 }, () => ({ source: "broken", detail: {} }));
      ids.push(...(await router.put(entries)).eventIds.map(String));
    }
    const came = async (lettersEach: number): Promise<boolean> => {
      const ways = await Promise.all(ids.map((id) => wayOf(consoleUrl, id)));
      return ways.every((way) => way?.deliveries[0]?.letters.length === lettersEach);
    };
    await eventually("all are dead letters", () => came(1));
    const redriven = await busbar(["dead-letters", "redrive", "--queue", "failed", "--admin-url", router.adminUrl]);
    assert.equal(redriven.code, 0, redriven.stderr);
    await eventually("all are dead letters again", () => came(2));
    await eventually("their redrives are known", async () => {
      const ways = await Promise.all(ids.map((id) => wayOf(consoleUrl, id)));
      return ways.every((way) => way?.deliveries[0]?.redrives.length === 1);
    });
    const outcomes = await Promise.all(ids.map(async (id) => (await wayOf(consoleUrl, id))?.outcome));
    assert.deepEqual(new Set(outcomes), new Set(["failed"]));
  });

  it("is written from a reload that adds its section until one that takes it away", async (t) => {
    const { router, consoleUrl, config } = await startWithConsole(t);
    const put = async (): Promise<string> => String((await router.put([{ source: "fine", detail: {} }])).eventIds[0]);
    const known = (id: string): Promise<boolean> => wayOf(consoleUrl, id).then((way) => way?.outcome === "delivered");
    const reload = async (yaml: string): Promise<void> => {
      const taken = (): number => router.log.filter(({ msg }) => msg === "configuration taken over").length;
      const before = taken();
      await router.configure(yaml);
      await eventually("the configuration is taken over", () => taken() > before);
    };
    const first = await put();
    await eventually("the first is known", () => known(first));
    await reload(config.replace(/^journal:.*$/m, ""));
    const second = await put();
    const done = 'busbar_delivery_attempts_total{destination="function/fine",outcome="success"}';
    await eventually("it is delivered", async () => (await router.metric(done)) === 2);
    await reload(config);
    await eventually("the journal is written again", async () => {
      const id = await put();
      return await eventually("it is known", () => known(id), 1_000).then(
        () => true,
        () => false,
      );
    });
    assert.equal(await wayOf(consoleUrl, second), undefined);
    assert.ok(await known(first));
  });
});

describe("The journal of two routers on RabbitMQ", () => {
  it("makes one way of an event that either router delivers, for a console by itself", async (t) => {
    // Slow enough that a router which waits for an answer leaves the next event to the other.
    const fn = await RecordingFunction.start(
      (call, response) => void setTimeout(() => void succeed(call, response), 50),
    );
    t.after(() => fn.stop());
    const broker = await freshVhost(t, ["busbar.function.shared"]);
    const config = `
journal: {}
functions:
  shared: { http: { url: "${fn.url}" }, concurrency: 1 }
rules:
  all: { eventPattern: { source: [test] }, targets: { shared: { function: shared } } }
`;
    const start = (): Promise<Router> => Router.start({ config, env: { BUSBAR_BROKER: broker } });
    const [one, two] = await Promise.all([start(), start()]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const alone = await ConsoleProcess.start(broker, one);
    t.after(() => alone.remove());

    // The journal names routers by their hosts, which is the same for both here.
    const attempts = 'busbar_delivery_attempts_total{destination="function/shared",outcome="success"}';
    const ids = new Set<string>();
    await eventually("both routers have delivered", async () => {
      // One by one: those of one request may travel together.
      const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => one.put([{ detail: { index } }])));
      for (const { eventIds } of answers) ids.add(String(eventIds[0]));
      return (await one.metric(attempts)) > 0 && (await two.metric(attempts)) > 0;
    });
    for (const id of ids) {
      await eventually(`${id} is delivered`, async () => (await wayOf(alone.url, id))?.outcome === "delivered");
      const way = await wayOf(alone.url, id);
      assert.deepEqual(
        way?.deliveries.map((delivery) => delivery.attempts.map(({ attempt, verdict }) => [attempt, verdict])),
        [[[1, "done"]]],
      );
    }
    const { code, stdout } = await busbar(["events", "find", "--console-url", alone.url, "--limit", "1000", "--json"]);
    assert.equal(code, 0);
    const listed = (JSON.parse(stdout) as EventListed[]).map(({ id }) => id);
    assert.deepEqual(new Set(listed), ids);
    assert.equal(listed.length, ids.size);
  });
});

/** A router with a console in it, and a function of each kind of fate. `broken` succeeds once `fn.mended` is set. */
async function startWithConsole(t: { after(cleanUp: () => Promise<unknown>): void }) {
  const fate = { mended: false };
  const answer = { password: SECRET, note: PUBLIC };
  const behaviour: Behaviour = (call, response) => {
    const { source } = call.body as { source: string };
    const isBad = (source === "flaky" && call.attempt === 1) || (/broken/.test(source) && !fate.mended);
    if (!isBad) return succeed(call, response);
    response
      .writeHead(source === "flaky" ? 503 : 400, { "content-type": "application/json" })
      .end(JSON.stringify(answer));
  };
  const server = await RecordingFunction.start(behaviour);
  t.after(() => server.stop());
  const fn = (name: string, more = ""): string => `  ${name}: { http: { url: "${server.url}" }${more} }`;
  const config = `
journal: { bodies: all }
queues: { failed: {} }
functions:
${fn("fine")}
${fn("flaky", ", retryIntervalsSeconds: [1]")}
${fn("broken", ", deadLetterConfig: { queue: failed }")}
apiDestinations:
  crm: { url: "${server.url}", connection: { bearer: { token: "${SECRET}" } } }
rules:
  fine: { eventPattern: { source: [fine] }, targets: { f: { function: fine } } }
  flaky: { eventPattern: { source: [flaky] }, targets: { f: { function: flaky } } }
  broken: { eventPattern: { source: [broken, /broken] }, targets: { f: { function: broken } } }
`;
  const router = await Router.start({ config, env: { BUSBAR_BROKER: "embedded", BUSBAR_CONSOLE_PORT: "0" } });
  t.after(() => router.remove());
  const consoleUrl = String(router.log.find(({ msg }) => msg === "listening")?.["consoleUrl"]).replace(/\/$/, "");
  return { fn: fate, router, consoleUrl, config };
}

/** An event in CloudEvents' form, with secrets in an extension and in its data. Resolves with its id. */
async function putCloudEvent(router: Router): Promise<string> {
  const id = randomUUID();
  const event = new CloudEvent({ id, source: "/broken", type: "Tested", accesstoken: SECRET, data: CORPUS });
  const { headers, body } = HTTP.structured(event);
  const answer = await fetch(`${router.publicUrl}/event-buses/default/events`, {
    method: "POST",
    headers: headers as Record<string, string>,
    body: String(body),
  });
  assert.equal(answer.status, 202);
  return id;
}

async function wayOf(consoleUrl: string, id: string): Promise<EventWay | undefined> {
  const answer = await fetch(`${consoleUrl}/api/v1/events/${id}`);
  return answer.status === 200 ? ((await answer.json()) as EventWay) : undefined;
}

async function rowsOf(consoleUrl: string, path: string): Promise<readonly unknown[]> {
  return ((await (await fetch(`${consoleUrl}/api/v1/${path}`)).json()) as ListPage<unknown>).rows;
}

/** All that the console's API answers of the journal, as text. */
async function everyAnswer(consoleUrl: string): Promise<string> {
  const events = (await rowsOf(consoleUrl, "events?limit=1000")) as EventListed[];
  const ways = await Promise.all(events.map(({ id }) => wayOf(consoleUrl, id)));
  const paths = [
    ...["events?limit=1000", "attempts", "attempts?failed=true", "letters", "letter-groups", "coverage"],
    `summary?fromMs=${Date.now() - 60_000}&toMs=${Date.now()}&stepMs=10000`,
    ...HAPPENING_KINDS.map((kind) => `happenings/${kind}`),
    ...ways.flatMap((way) => [
      `events/${way?.id}`,
      ...(way?.deliveries ?? []).map((delivery) => `deliveries/${delivery.id}`),
    ]),
  ];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const answer = await fetch(`${consoleUrl}/api/v1/${path}`);
      assert.equal(answer.status, 200, path);
      return `${path}\n${await answer.text()}\n`;
    }),
  );
  return answers.join("");
}

/** What stands before a secret that is shown. */
function around(text: string): string {
  const at = text.indexOf(SECRET);
  return at === -1 ? "" : text.slice(Math.max(0, at - 200), at);
}

async function filesBelow(folder: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(name) })));
}
