import { Router } from "express";
import { API_PATH } from "../../../admin-api/operations/operation.ts";
import type { QueryOf } from "../../../admin-api/operations/operation.ts";
import { OPERATIONS } from "../../../admin-api/operations/table.ts";
import { describeJob } from "../../../admin-api/queues/jobs.ts";
import type { Config } from "../../../domain/config.ts";
import type { ReplayOrder } from "../../../domain/replay/replay.ts";
import { RUNNING_REPLAYS_MAX } from "../../../domain/replay/replay.ts";
import { ruleKey } from "../../../domain/rule/rule.ts";
import type { JobControl } from "../../../ports/admin/jobs.ts";
import type { ReplayCounts } from "../../../ports/admin/replays.ts";
import { CountRefused } from "../../../ports/admin/replays.ts";
import { HttpProblem } from "../../http/errors.ts";
import type { AskBroker, May } from "../request.ts";
import { callerOf, stored } from "../request.ts";
import { serveOn } from "../serve.ts";

/** A replay ends by itself or by hand, after minutes at best. */
const RETRY_SECONDS = 30;

export interface ReplaysRouterOptions {
  /** Throw the answer to the request while the broker is not connected. */
  readonly jobs: () => JobControl;
  readonly replayCounts: () => ReplayCounts;
  readonly config: () => Config;
  readonly may: May;
  readonly ask: AskBroker;
}

/** Replays of archives: a POST starts one as a job, another says what it would do. */
export function replaysRouter({ jobs, replayCounts, config, may, ask }: ReplaysRouterOptions): Router {
  const router = Router();
  const serve = serveOn(router, may);

  serve(OPERATIONS.startReplay, async ({ path, query, request, response }) => {
    const { description, ratePerSecond, ...selection } = query;
    const order = { ...orderOf(path.archive, selection, config()), description };
    const start = await stored(jobs().start(order, { ratePerSecond, by: callerOf(request).id }));
    if (!start.ok && start.reason === "too many") {
      const message = `${RUNNING_REPLAYS_MAX} replays are under way: wait for one, or cancel one`;
      throw new HttpProblem(429, message, { retryAfterSeconds: RETRY_SECONDS });
    }
    if (!start.ok) throw new HttpProblem(409, `there is a replay "${query.name}" already: job ${start.job.id}`);
    response.setHeader("location", `${API_PATH}/jobs/${start.job.id}`);
    return describeJob(start.job);
  });

  serve(OPERATIONS.countReplay, async ({ path, query }) => {
    const count = await ask(counted(replayCounts().count(orderOf(path.archive, query, config()))));
    if (count === undefined) throw notArchived(path.archive);
    return count;
  });

  return router;
}

async function counted<Count>(count: Promise<Count>): Promise<Count> {
  try {
    return await count;
  } catch (cause) {
    if (cause instanceof CountRefused) throw new HttpProblem(409, cause.message, { cause });
    throw cause;
  }
}

type Selection = QueryOf<typeof OPERATIONS.countReplay>;

/** @throws HttpProblem 404 for an archive that is not there, 400 for a selection that selects nothing. */
function orderOf(archive: string, selection: Selection, config: Config): ReplayOrder {
  const { name, from, to, rules, target } = selection;
  const bus = config.archives.get(archive)?.bus;
  if (bus === undefined) throw notArchived(archive);
  const [fromMs, toMs] = [wholeSecond(from), wholeSecond(to)];
  if (fromMs > toMs) throw new HttpProblem(400, "from must not be after to");
  const found = rules?.map((rule) => {
    const known = config.rules.get(ruleKey(bus, rule));
    if (known === undefined) throw new HttpProblem(400, `rules: there is no rule "${rule}" on event bus "${bus}"`);
    return known;
  });
  if (target !== undefined && (found?.length !== 1 || found[0]?.targets.every(({ id }) => id !== target) === true)) {
    throw new HttpProblem(400, `target "${target}" must be the id of a target of the one rule that is named in rules`);
  }
  const undelivered = undeliveredOf(selection, config);
  return { kind: "replay", name, archive, bus, fromMs, toMs, rules, target, undelivered };
}

function undeliveredOf(
  { onlyUndelivered, unknownToo }: Pick<Selection, "onlyUndelivered" | "unknownToo">,
  { journal }: Config,
): ReplayOrder["undelivered"] {
  if (onlyUndelivered !== "true") {
    if (unknownToo === "true") throw new HttpProblem(400, "unknownToo needs onlyUndelivered");
    return undefined;
  }
  if (journal === undefined) {
    throw new HttpProblem(
      400,
      "onlyUndelivered needs a journal, which says what was delivered: the configuration has none",
    );
  }
  return { unknownToo: unknownToo === "true" };
}

/** Events have whole seconds. */
function wholeSecond(epochMs: number): number {
  return Math.floor(epochMs / 1_000) * 1_000;
}

function notArchived(archive: string): HttpProblem {
  return new HttpProblem(404, `there is no archive "${archive}"`);
}
