import type { EventFacts } from "../../../../src/admin-api/history/history.ts";
import { bytesText } from "../../logic/text/numbers.ts";
import { eventPath } from "../../shell/paths.ts";
import type { Column } from "../list/list.tsx";
import { Moment } from "../time.tsx";

type ListedEvent = Pick<EventFacts, "id" | "atMs" | "type" | "source" | "bytes">;

/** The columns that every list of events has. The type opens the event's way. */
export const EVENT_COLUMNS = {
  time: { name: "Time", width: "10.5rem", isBare: true, cell: ({ atMs }) => <Moment atMs={atMs} /> },
  type: {
    name: "Type",
    width: "minmax(10rem, 2fr)",
    cell: ({ id, type }) => (
      <a href={eventPath(id)} data-open title={id}>
        {type}
      </a>
    ),
  },
  source: { name: "Source", width: "minmax(8rem, 1.5fr)", cell: ({ source }) => source },
  size: { name: "Size", width: "5rem", isNumber: true, cell: ({ bytes }) => bytesText(bytes) },
} as const satisfies Readonly<Record<string, Column<ListedEvent>>>;
