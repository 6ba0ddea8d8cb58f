import { useLocation } from "preact-iso";
import type { EventListed, ListPage } from "../../../src/admin-api/history/history.ts";
import { useAnswer } from "../api/use-answer.ts";
import { usePages } from "../api/use-pages.ts";
import { addressOfFilter, filterOfAddress, localInputOf, type EventFilter } from "../logic/event/event-filter.ts";
import { EVENT_OUTCOMES } from "../logic/text/words.ts";
import { EventList } from "../parts/event/event-list.tsx";
import { FilterForm } from "../parts/form/filter-form.tsx";
import { More } from "../parts/list/more.tsx";
import { Page } from "../parts/page.tsx";
import { Refresh } from "../parts/refresh.tsx";
import { Empty, Loading } from "../parts/state-views.tsx";
import { pathTo } from "../shell/paths.ts";

const PAGE_ROWS = 100;
const POLL_MS = 3_000;
const TEXT_FIELDS = [
  { name: "type", label: "Type" },
  { name: "source", label: "Source" },
  { name: "bus", label: "Bus" },
  { name: "rule", label: "Rule" },
  { name: "destination", label: "Destination" },
  { name: "field", label: "Field", example: "detail.orderId:o-1" },
  { name: "id", label: "Event id" },
] as const;

/** All events that are kept, by a filter that stands in the address. */
export function Events() {
  const { query, route } = useLocation();
  const filter = filterOfAddress(query);
  const pages = usePages("events", { ...filter, limit: PAGE_ROWS });
  const newest = useAnswer("events", { query: { ...filter, limit: 1 }, pollMs: POLL_MS });
  const isNewer = pages.isRead && hasNewer(newest.answer, pages.rows);
  const isFiltered = addressOfFilter(filter) !== "";
  const use = (changed: EventFilter) => route(pathTo(`events${addressOfFilter(changed)}`));
  return (
    <Page
      title="Events"
      lead="Every event that was put, and what became of it. The newest first."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <FilterForm
        fields={TEXT_FIELDS}
        filter={filter}
        onUse={use}
        onClear={() => use({})}
        choices={(draft, change) => <Choices draft={draft} onChange={change} onUse={use} />}
      />
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

/** The outcome is used at once, the times with the rest. */
function Choices({ draft, onChange, onUse }: ChoicesProps) {
  return (
    <>
      <label>
        Outcome
        <select
          value={draft.outcome ?? ""}
          onChange={({ currentTarget }) => onUse({ ...draft, outcome: currentTarget.value })}
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
            onInput={({ currentTarget: { value } }) =>
              onChange({ [field]: value === "" ? undefined : Date.parse(value) })
            }
          />
        </label>
      ))}
    </>
  );
}

interface ChoicesProps {
  readonly draft: EventFilter;
  readonly onChange: (part: EventFilter) => void;
  readonly onUse: (filter: EventFilter) => void;
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
