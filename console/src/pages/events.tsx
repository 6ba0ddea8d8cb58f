import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import type { EventListed, ListPage } from "../../../src/admin-api/history.ts";
import { useAnswer } from "../api/use-answer.ts";
import { usePages } from "../api/use-pages.ts";
import {
  addressOfFilter,
  changedFilter,
  filterOfAddress,
  localInputOf,
  type EventFilter,
} from "../logic/event-filter.ts";
import { EVENT_OUTCOMES } from "../logic/words.ts";
import { EventList } from "../parts/event-list.tsx";
import { More } from "../parts/more.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Loading } from "../parts/state-views.tsx";
import { pathTo } from "../shell/paths.ts";

const PAGE_ROWS = 100;
const POLL_MS = 3_000;
const TEXT_FIELDS = [
  ["type", "Type"],
  ["source", "Source"],
  ["bus", "Bus"],
  ["rule", "Rule"],
  ["destination", "Destination"],
  ["id", "Event id"],
] as const;

/** All events that are kept, by a filter that stands in the address. */
export function Events() {
  const { query, route } = useLocation();
  const filter = filterOfAddress(query);
  const pages = usePages<EventListed>("events", { ...filter, limit: PAGE_ROWS });
  const newest = useAnswer<ListPage<EventListed>>("events", { query: { ...filter, limit: 1 }, pollMs: POLL_MS });
  const isNewer = pages.isRead && hasNewer(newest.answer, pages.rows);
  const isFiltered = addressOfFilter(filter) !== "";
  const use = (changed: EventFilter) => route(pathTo(`events${addressOfFilter(changed)}`));
  return (
    <Page
      title="Events"
      lead="Every event that was put, and what became of it. The newest first."
      actions={
        <button data-refresh onClick={pages.reload} disabled={pages.isLoading}>
          Refresh
        </button>
      }
    >
      <Filter filter={filter} onUse={use} />
      <div role="status">
        {isNewer && (
          <button class="newer" onClick={pages.reload}>
            There are newer events. Show them
          </button>
        )}
      </div>
      {!pages.isRead && !pages.problem && <Loading what="events" />}
      {pages.isRead && pages.rows.length === 0 && !pages.hasMore && (
        <NothingFound isFiltered={isFiltered} onClear={() => use({})} />
      )}
      {pages.rows.length > 0 && <EventList rows={pages.rows} hasMore={pages.hasMore} />}
      <More pages={pages} noun="event" />
    </Page>
  );
}

/** Whether an event came after those that are shown. Rows never move by themselves under the reader's hand. */
function hasNewer(newest: ListPage<EventListed> | undefined, shown: readonly EventListed[]): boolean {
  const [found] = newest?.rows ?? [];
  const [first] = shown;
  return found !== undefined && found.id !== first?.id && found.atMs >= (first?.atMs ?? 0);
}

function Filter({ filter, onUse }: { filter: EventFilter; onUse: (filter: EventFilter) => void }) {
  const [draft, setDraft] = useState(filter);
  const address = addressOfFilter(filter);
  useEffect(() => setDraft(filter), [address]);
  const change = (field: keyof EventFilter, value: string) => setDraft((before) => changedFilter(before, field, value));
  return (
    <form
      class="filter"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        onUse(draft);
      }}
    >
      {TEXT_FIELDS.map(([field, name], index) => (
        <label key={field}>
          {name}
          <input
            value={draft[field] ?? ""}
            autoComplete="off"
            spellcheck={false}
            {...(index === 0 ? { "data-filter": true } : {})}
            onInput={({ currentTarget }) => change(field, currentTarget.value)}
          />
        </label>
      ))}
      <label>
        Outcome
        <select
          value={draft.outcome ?? ""}
          onChange={({ currentTarget }) => onUse(changedFilter(draft, "outcome", currentTarget.value))}
        >
          <option value="">any</option>
          {EVENT_OUTCOMES.map((outcome) => (
            <option key={outcome}>{outcome}</option>
          ))}
        </select>
      </label>
      {(["fromMs", "toMs"] as const).map((field) => (
        <label key={field}>
          {field === "fromMs" ? "From" : "To"}
          <input
            type="datetime-local"
            step={1}
            value={localInputOf(draft[field])}
            onInput={({ currentTarget: { value } }) => change(field, value === "" ? "" : String(Date.parse(value)))}
          />
        </label>
      ))}
      <div class="actions">
        <button class="primary" type="submit">
          Filter
        </button>
        <button type="button" onClick={() => onUse({})} disabled={address === ""}>
          Clear
        </button>
      </div>
    </form>
  );
}

function NothingFound({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (!isFiltered) {
    return (
      <Empty title="No event is kept">
        <p>
          None was put since the routers' configuration has <code>journal: {"{}"}</code>, or they are too old to be
          kept. <a href={pathTo("send")}>Send an event</a>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No event fits the filter">
      <p>
        All events that are kept were asked. Older ones may be no longer kept, and of those that succeed some may be
        sampled away.
      </p>
      <button onClick={onClear}>Clear the filter</button>
    </Empty>
  );
}
