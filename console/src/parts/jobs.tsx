import { useState } from "preact/hooks";
import type { JobAnswer, JobsAnswer } from "../../../src/admin-api/queues/jobs.ts";
import type { Resource } from "../api/may.ts";
import { type Problem, problemFrom } from "../api/problem.ts";
import { send } from "../api/request.ts";
import { useAnswer } from "../api/use-answer.ts";
import { hasEnded, JOB_WORDS, jobSentences, jobTitle, selectionText } from "../logic/queues/jobs.ts";
import { Chip } from "./chip.tsx";
import { GuardedButton } from "./guarded-button.tsx";
import { Failure } from "./state-views.tsx";
import { Ago } from "./time.tsx";

const RUNNING_POLL_MS = 1_000;
const IDLE_POLL_MS = 5_000;
const RATE_MAX = 10_000;

/** The jobs of all routers, whoever started them. */
export function useJobs() {
  const areSome = (answer: JobsAnswer | undefined): boolean => answer?.jobs.some((job) => !hasEnded(job)) === true;
  return useAnswer("jobs", {
    pollMs: (answer) => (areSome(answer) ? RUNNING_POLL_MS : IDLE_POLL_MS),
  });
}

interface JobsProps {
  readonly title: string;
  readonly state: ReturnType<typeof useJobs>;
  /** Which of them are shown, in which order. */
  readonly shown: (jobs: readonly JobAnswer[]) => readonly JobAnswer[];
}

/** Some of the jobs, each with its progress and what may be done with it. Without any it shows nothing. */
export function Jobs({ title, state: { answer, problem, reload }, shown }: JobsProps) {
  // A caller who may not list jobs has none to see.
  if (problem && problem.status !== 403) return <Failure problem={problem} onRetry={reload} />;
  const jobs = shown(answer?.jobs ?? []);
  if (jobs.length === 0) return null;
  return (
    <section aria-labelledby="jobs">
      <h2 id="jobs">{title}</h2>
      <ul class="jobs">
        {jobs.map((job) => (
          <li key={job.id}>
            <JobCard job={job} onChanged={reload} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function JobCard({ job, onChanged }: { job: JobAnswer; onChanged: () => void }) {
  const { id, kind, state, removed, looked, left, startedAt, startedBy, router } = job;
  const [done, what] =
    kind === "replay"
      ? [removed, "events sent"]
      : kind === "move"
        ? [removed, "messages moved"]
        : [looked, "messages read"];
  const title = jobTitle(job);
  const { word, tone } = JOB_WORDS[state];
  return (
    <article aria-label={title}>
      <header>
        <h3>{title}</h3>
        <Chip tone={tone}>{word}</Chip>
      </header>
      <p class="soft note">
        {selectionText(job)} · started <Ago atMs={Date.parse(startedAt)} />
        {startedBy === undefined ? "" : ` by ${startedBy}`}
        {router === undefined ? "" : ` · on ${router}`} · job <code>{id}</code>
      </p>
      {!hasEnded(job) && <progress aria-label={`${title}: ${what}`} value={done} max={done + left || 1} />}
      <div role="status" class="sentences">
        {jobSentences(job).map((text) => (
          <p key={text}>{text}</p>
        ))}
      </div>
      {job.examples.length > 0 && (
        <details>
          <summary>Why some stay</summary>
          <ul class="examples">
            {job.examples.map((example, index) => (
              <li key={index}>
                <code>{example.id}</code> {example.message}
              </li>
            ))}
          </ul>
        </details>
      )}
      {!hasEnded(job) && <Controls job={job} title={title} onChanged={onChanged} />}
    </article>
  );
}

function resourceOf({ id, queue = "", replay }: JobAnswer): Resource {
  return replay === undefined ? { kind: "job", queue, id } : { kind: "replay", name: replay.name };
}

interface ControlsProps {
  readonly job: JobAnswer;
  readonly title: string;
  readonly onChanged: () => void;
}

function Controls({ job, title, onChanged }: ControlsProps) {
  const { id, kind, state, ratePerSecond } = job;
  const [rate, setRate] = useState(ratePerSecond === undefined ? "" : String(ratePerSecond));
  const [problem, setProblem] = useState<Problem>();
  const ask = (method: "PATCH" | "DELETE", query = {}) =>
    void send(method, `jobs/${encodeURIComponent(id)}`, { query }).then(
      () => {
        setProblem(undefined);
        onChanged();
      },
      (error: unknown) => setProblem(problemFrom(error)),
    );
  const isPaused = state === "paused";
  const isStopping = state === "stopping";
  const on = resourceOf(job);
  const stop = kind === "replay" ? "Cancel" : "Stop";
  return (
    <>
      <div class="actions">
        {kind !== "purge" && (
          <form
            class="rate"
            onSubmit={(event) => {
              event.preventDefault();
              ask("PATCH", { ratePerSecond: rate === "" ? "none" : rate });
            }}
          >
            <label>
              Most a second
              <input
                type="number"
                min={1}
                max={RATE_MAX}
                placeholder="no limit"
                value={rate}
                disabled={isStopping}
                onInput={({ currentTarget }) => setRate(currentTarget.value)}
              />
            </label>
            <GuardedButton
              action="busbar:ChangeJob"
              on={on}
              disabled={isStopping || rate === String(ratePerSecond ?? "")}
              aria-label={`Set the rate: ${title}`}
            >
              Set
            </GuardedButton>
          </form>
        )}
        <GuardedButton
          action="busbar:ChangeJob"
          on={on}
          disabled={isStopping}
          aria-label={`${isPaused ? "Resume" : "Pause"}: ${title}`}
          onClick={() => ask("PATCH", { paused: String(!isPaused) })}
        >
          {isPaused ? "Resume" : "Pause"}
        </GuardedButton>
        <GuardedButton
          action="busbar:StopJob"
          on={on}
          disabled={isStopping}
          aria-label={`${stop}: ${title}`}
          onClick={() => ask("DELETE")}
        >
          {stop}
        </GuardedButton>
      </div>
      {problem && <Failure problem={problem} />}
    </>
  );
}
