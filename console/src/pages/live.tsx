import { useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import { useTail, type AskedTail } from "../api/use-tail.ts";
import { countsText, type LiveRow, type LiveView } from "../logic/event/live-view.ts";
import { counted, countText } from "../logic/text/numbers.ts";
import { Chip } from "../parts/chip.tsx";
import { EVENT_COLUMNS } from "../parts/event/event-columns.tsx";
import { GuardedButton } from "../parts/guarded-button.tsx";
import { List, type Column } from "../parts/list/list.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Failure } from "../parts/state-views.tsx";
import { useKeys } from "../shell/keys.ts";
import { pathTo } from "../shell/paths.ts";

/** How often a screen reader is told the counts. */
const SUMMARY_MS = 10_000;
/** Rows move only while the page stands at its top, give or take the height of a row. */
const TOP_PX = 24;

const COLUMNS: readonly Column<LiveRow>[] = [
  EVENT_COLUMNS.time,
  EVENT_COLUMNS.type,
  EVENT_COLUMNS.source,
  { name: "Rules", width: "minmax(8rem, 1.5fr)", cell: ({ rules }) => <Rules rules={rules} /> },
  EVENT_COLUMNS.size,
];

/** The events of a bus as routers accept them. */
export function Live() {
  const { query, route } = useLocation();
  const [draft, setDraft] = useState<AskedTail>({ bus: query["bus"] ?? "default", pattern: query["pattern"] ?? "" });
  const [asked, setAsked] = useState<AskedTail>();
  const [isPaused, setPaused] = useState(false);
  const isAtTop = useAtTop();
  const { view, problem } = useTail(asked, isAtTop && !isPaused);
  const isRunning = asked !== undefined && problem === undefined;
  useKeys({ p: () => setPaused((before) => !before) });
  const start = () => {
    setAsked({ ...draft });
    setPaused(false);
    route(`${pathTo("live")}?${new URLSearchParams({ ...draft }).toString()}`, true);
  };
  const showNew = () => {
    setPaused(false);
    scrollTo(0, 0);
  };
  return (
    <Page
      title="Live"
      lead="The events of a bus as they are accepted, by whichever router. The newest first."
      actions={
        <button onClick={() => setPaused(!isPaused)} disabled={!isRunning}>
          {isPaused ? "Go on" : "Pause the view"} <kbd>p</kbd>
        </button>
      }
    >
      <TailForm
        draft={draft}
        isRunning={isRunning}
        onChange={setDraft}
        onStart={start}
        onStop={() => setAsked(undefined)}
      />
      {problem && <Failure problem={problem} />}
      {asked !== undefined && <Counts view={view} isRunning={isRunning} />}
      {view.held.length > 0 && (
        <button class="newer floating" onClick={showNew}>
          {counted(view.held.length, "new event")}. Show them
        </button>
      )}
      {view.rows.length > 0 && (
        <List label="Live events" columns={COLUMNS} rows={view.rows} keyOf={({ number }) => String(number)} />
      )}
      {view.rows.length === 0 && problem === undefined && <NothingYet isRunning={isRunning} view={view} />}
    </Page>
  );
}

interface TailFormProps {
  readonly draft: AskedTail;
  readonly isRunning: boolean;
  readonly onChange: (draft: AskedTail) => void;
  readonly onStart: () => void;
  readonly onStop: () => void;
}

function TailForm({ draft, isRunning, onChange, onStart, onStop }: TailFormProps) {
  return (
    <form
      class="form tail"
      onSubmit={(event) => {
        event.preventDefault();
        onStart();
      }}
    >
      <label>
        Bus
        <input
          value={draft.bus}
          required
          autoComplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => onChange({ ...draft, bus: currentTarget.value })}
        />
      </label>
      <label>
        Event pattern; empty for every event
        <textarea
          rows={3}
          value={draft.pattern}
          placeholder='{"source": ["shop.checkout"]}'
          spellcheck={false}
          data-filter
          onInput={({ currentTarget }) => onChange({ ...draft, pattern: currentTarget.value })}
        />
      </label>
      <div class="actions wide">
        <GuardedButton
          action="busbar:TapEvents"
          on={{ kind: "event-bus", name: draft.bus }}
          class="primary"
          type="submit"
        >
          {isRunning ? "Use this pattern" : "Start"}
        </GuardedButton>
        <button type="button" onClick={onStop} disabled={!isRunning}>
          Stop
        </button>
      </div>
    </form>
  );
}

/** The counts, and the same now and then for a screen reader, which could not follow them. */
function Counts({ view, isRunning }: { view: LiveView; isRunning: boolean }) {
  const newest = useRef(view);
  newest.current = view;
  const [told, setTold] = useState("");
  useEffect(() => {
    const timer = setInterval(() => setTold(countsText(newest.current, countText)), SUMMARY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="tail-counts">
      <span class="number">{countsText(view, countText)}</span>
      {!isRunning && <span class="soft"> · stopped</span>}
      <span class="unseen" role="status">
        {isRunning ? told : ""}
      </span>
    </p>
  );
}

function Rules({ rules }: { rules: LiveRow["rules"] }) {
  if (rules.length === 0) return <Chip tone="warn">no rule</Chip>;
  return <span title={rules.join(", ")}>{rules.join(", ")}</span>;
}

function NothingYet({ isRunning, view }: { isRunning: boolean; view: LiveView }) {
  if (!isRunning) {
    return (
      <Empty title="No live tail is running">
        <p>It shows events from the moment that it is started. Nothing is kept of it, and nothing waits for it.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No event that fits has come yet">
      <p>
        {view.seen === 0 ? "Nothing was put on the bus since." : "Those that came do not fit the pattern."}{" "}
        <a href={pathTo("send")}>Send an event</a>.
      </p>
    </Empty>
  );
}

function useAtTop(): boolean {
  const [isAtTop, setAtTop] = useState(true);
  useEffect(() => {
    const onScroll = () => setAtTop(scrollY < TOP_PX);
    addEventListener("scroll", onScroll, { passive: true });
    return () => removeEventListener("scroll", onScroll);
  }, []);
  return isAtTop;
}
