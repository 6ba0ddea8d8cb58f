import type { EventListed } from "../../../src/admin-api/history.ts";
import { bytesText } from "../logic/numbers.ts";
import { eventPath } from "../shell/paths.ts";
import { StateChip } from "./chip.tsx";
import { List, type Column } from "./list.tsx";
import { Moment } from "./time.tsx";

const COLUMNS: readonly Column<EventListed>[] = [
  { name: "Time", width: "10.5rem", isBare: true, cell: ({ atMs }) => <Moment atMs={atMs} /> },
  {
    name: "Type",
    width: "minmax(10rem, 2fr)",
    cell: ({ id, type }) => (
      <a href={eventPath(id)} data-open title={id}>
        {type}
      </a>
    ),
  },
  { name: "Source", width: "minmax(8rem, 1.5fr)", cell: ({ source }) => source },
  { name: "Bus", width: "minmax(5rem, 0.7fr)", cell: ({ bus }) => bus },
  { name: "Outcome", width: "8rem", isBare: true, cell: ({ outcome }) => <StateChip state={outcome} /> },
  {
    name: "Rules",
    width: "4rem",
    isNumber: true,
    cell: ({ ruleCount, rules }) => <span title={rules.map(({ rule }) => rule).join(", ")}>{ruleCount}</span>,
  },
  { name: "Size", width: "5rem", isNumber: true, cell: ({ bytes }) => bytesText(bytes) },
];

/** Events as rows; each opens the event's way. */
export function EventList({ rows, hasMore = false }: { rows: readonly EventListed[]; hasMore?: boolean }) {
  return (
    <List label="Events" columns={COLUMNS} rows={rows} keyOf={({ id }, index) => `${id} ${index}`} hasMore={hasMore} />
  );
}
