import type { JobAnswer } from "../../../../src/admin-api/queues/jobs.ts";
import { hasEnded } from "../../logic/queues/jobs.ts";
import { Jobs, useJobs } from "../../parts/jobs.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { pathTo } from "../../shell/paths.ts";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";

/** Those that go on come first. */
function ordered(replays: readonly JobAnswer[] = []): readonly JobAnswer[] {
  return [...replays.filter((replay) => !hasEnded(replay)), ...replays.filter(hasEnded)];
}

/** Replays of archives: how far those are that go on, and what came of the others. */
export function Replays() {
  const state = useJobs();
  const { answer, problem, reload } = state;
  const replays = answer?.jobs.filter(({ kind }) => kind === "replay");
  return (
    <Page
      title="Replays"
      lead="Archived events that are put on their event bus again, minute by minute of their own time."
      actions={<Refresh onRefresh={reload} />}
    >
      {problem?.status === 403 && <Failure problem={problem} onRetry={reload} />}
      {answer === undefined && !problem && <Loading what="the replays" />}
      {replays?.length === 0 && (
        <Empty title="No replay was started in the last 90 days">
          The page <a href={pathTo("archives")}>Archives</a> starts one, and so do{" "}
          <code>busbar replays start ARCHIVE --name NAME --from TIME</code> and StartReplay.
        </Empty>
      )}
      <Jobs title="Those that go on, and those of the last 90 days" state={state} shown={() => ordered(replays)} />
    </Page>
  );
}
