import { useEffect, useState } from "preact/hooks";
import type { Pattern } from "../../../../src/pattern/pattern.ts";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { get } from "../../api/request.ts";
import { judgeAll, readPast, type OddEvent, type PastEvent, type Tally } from "../../logic/event/against-events.ts";
import { counted, countText } from "../../logic/text/numbers.ts";
import { eventPath } from "../../shell/paths.ts";
import { fillSandbox } from "../../shell/sandbox-draft.ts";
import { Failure } from "../../parts/state-views.tsx";
import { Moment } from "../../parts/time.tsx";

const EVENTS_MAX = 1_000;

type Past =
  | { readonly is: "none" }
  | { readonly is: "reading"; readonly count: number }
  | { readonly is: "failed"; readonly problem: Problem }
  | { readonly is: "read"; readonly bus: string; readonly events: readonly PastEvent[] };

/** How many of a bus's last events fit the pattern, and which are the few. Worked out in the page at each key. */
export function AgainstEvents({ pattern, bus }: { pattern: Pattern | undefined; bus: string }) {
  const [past, setPast] = useState<Past>({ is: "none" });
  const tally = useTally(past.is === "read" ? past.events : undefined, pattern);
  const read = async () => {
    setPast({ is: "reading", count: 0 });
    try {
      const events = await readLast(bus, (count) => setPast({ is: "reading", count }));
      setPast({ is: "read", bus, events });
    } catch (error) {
      setPast({
        is: "failed",
        problem: problemFrom(error),
      });
    }
  };
  return (
    <section aria-labelledby="last-events">
      <div class="section-head">
        <h2 id="last-events">Against the last events of bus {bus}</h2>
        <button type="button" onClick={() => void read()} disabled={past.is === "reading"}>
          {past.is === "read" ? "Read them anew" : `Try the last ${countText(EVENTS_MAX)}`}
        </button>
      </div>
      <p role="status">
        {past.is === "reading" && `Reading events … ${past.count > 0 ? countText(past.count) : ""}`}
        {past.is === "read" && past.events.length === 0 && `No event of bus ${past.bus} is kept with its JSON.`}
        {tally && past.is === "read" && past.events.length > 0 && sentenceOf(tally)}
      </p>
      {past.is === "read" && past.bus !== bus && <p class="soft">These are of bus {past.bus}: read them anew.</p>}
      {past.is === "failed" && <Failure problem={past.problem} />}
      {tally && tally.odd.length > 0 && <OddOnes tally={tally} />}
    </section>
  );
}

/** Only events whose JSON is kept: which those are, the journal's `bodies` decides. */
async function readLast(bus: string, reached: (count: number) => void): Promise<readonly PastEvent[]> {
  const events: PastEvent[] = [];
  let before: string | undefined;
  do {
    const page = await get("event-bodies", {
      query: { bus, limit: Math.min(250, EVENTS_MAX - events.length), before },
    });
    events.push(...readPast(page.rows));
    reached(events.length);
    before = page.next;
  } while (before !== undefined && events.length < EVENTS_MAX);
  return events;
}

function useTally(events: readonly PastEvent[] | undefined, pattern: Pattern | undefined): Tally | undefined {
  const [tally, setTally] = useState<Tally>();
  useEffect(() => {
    if (events === undefined || pattern === undefined) return setTally(undefined);
    const abort = new AbortController();
    const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve));
    void judgeAll(events, pattern, { signal: abort.signal, nextTurn, nowMs: () => performance.now() }).then((found) => {
      if (found !== undefined) setTally(found);
    });
    return () => abort.abort();
  }, [events, pattern]);
  return tally;
}

function sentenceOf({ judged, matching, odd, isOddMatching }: Tally): string {
  const many = `${countText(matching)} of ${counted(judged, "event")} ${matching === 1 ? "matches" : "match"}.`;
  if (odd.length === 0) return many;
  const total = isOddMatching ? matching : judged - matching;
  const first = odd.length < total ? `The newest ${odd.length} that` : "Those that";
  return `${many} ${first} ${isOddMatching ? "match" : "do not"}:`;
}

function OddOnes({ tally: { odd } }: { tally: Tally }) {
  return (
    <ul class="odd-events">
      {odd.map((one) => (
        <li key={one.id}>
          <Moment atMs={one.atMs} /> <a href={eventPath(one.id)}>{one.type}</a>
          {one.misses.length > 0 && (
            <>
              {" "}
              because of <code>{one.misses.join(", ")}</code>
            </>
          )}{" "}
          <button type="button" class="quiet" onClick={() => open(one)}>
            Use this event<span class="unseen"> {one.id}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function open({ event }: OddEvent): void {
  fillSandbox({ event: JSON.stringify(event, undefined, 2) });
}
