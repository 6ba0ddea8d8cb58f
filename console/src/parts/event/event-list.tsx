import type { EventListed } from "../../../../src/admin-api/history/history.ts";
import { StateChip } from "../chip.tsx";
import { EVENT_COLUMNS } from "./event-columns.tsx";
import { List, type Column } from "../list/list.tsx";

const COLUMNS: readonly Column<EventListed>[] = [
  EVENT_COLUMNS.time,
  EVENT_COLUMNS.type,
  EVENT_COLUMNS.source,
  { name: "Bus", width: "minmax(5rem, 0.7fr)", cell: ({ bus }) => bus },
  { name: "Outcome", width: "8rem", isBare: true, cell: ({ outcome }) => <StateChip state={outcome} /> },
  {
    name: "Rules",
    width: "4rem",
    isNumber: true,
    cell: ({ ruleCount, rules }) => <span title={rules.map(({ rule }) => rule).join(", ")}>{ruleCount}</span>,
  },
  EVENT_COLUMNS.size,
];

/** Events as rows; each opens the event's way. */
export function EventList({ rows, hasMore = false }: { rows: readonly EventListed[]; hasMore?: boolean }) {
  return (
    <List label="Events" columns={COLUMNS} rows={rows} keyOf={({ id }, index) => `${id} ${index}`} hasMore={hasMore} />
  );
}
