import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { usePages } from "../../api/use-pages.ts";
import {
  callFilterOf,
  callsPath,
  type CallFilter,
  type MappingCall,
  mappingPath,
  resultText,
} from "../../logic/mappings.ts";
import { durationText } from "../../logic/text/times.ts";
import { Chip } from "../../parts/chip.tsx";
import { FilterForm } from "../../parts/form/filter-form.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { OpenButton } from "../../parts/list/open-button.tsx";
import { PagedList } from "../../parts/list/paged-list.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Empty } from "../../parts/state-views.tsx";
import { Moment } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";
import { CallDialog } from "./call-dialog.tsx";

const PAGE_ROWS = 100;
const FIELDS = [
  { name: "mapping", label: "Mapping", example: "its whole name" },
  { name: "record", label: "Message id or sequence number" },
] as const;

const columnsOf = (open: (call: MappingCall) => void): readonly Column<MappingCall>[] => [
  { name: "Time", width: "10.5rem", isBare: true, cell: ({ atMs }) => <Moment atMs={atMs} /> },
  {
    name: "Call",
    width: "minmax(9rem, 1fr)",
    cell: (call) => <OpenButton name={call.requestId} onOpen={() => open(call)} />,
  },
  {
    name: "Mapping",
    width: "minmax(9rem, 1.2fr)",
    cell: ({ mapping }) => <a href={pathTo(mappingPath(mapping))}>{mapping}</a>,
  },
  { name: "From", width: "minmax(8rem, 1fr)", cell: ({ source }) => source },
  { name: "Took", width: "5.5rem", isNumber: true, cell: ({ atMs, startedAtMs }) => durationText(atMs - startedAtMs) },
  {
    name: "Result",
    width: "minmax(12rem, 2fr)",
    isBare: true,
    cell: (call) => <Chip tone={call.failed === 0 ? "good" : "bad"}>{resultText(call)}</Chip>,
  },
];

/** The calls that mappings made, by a filter that stands in the address. */
export function MappingCalls() {
  const { query, route } = useLocation();
  const filter = callFilterOf(query);
  const { mapping, record } = filter;
  const pages = usePages("happenings/batch", {
    limit: PAGE_ROWS,
    ...(mapping !== undefined && { subject: mapping }),
    ...(record !== undefined && { record }),
  });
  const [opened, setOpened] = useState<MappingCall>();
  const use = (changed: CallFilter) => route(pathTo(callsPath(changed)));
  return (
    <Page
      title="Calls of mappings"
      lead="Each batch of records that a mapping called its function with, and what came of it. The newest first."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <FilterForm fields={FIELDS} filter={filter} onUse={use} onClear={() => use({})} />
      <PagedList
        label="Calls of mappings"
        noun="call"
        pages={pages}
        columns={columnsOf(setOpened)}
        keyOf={({ atMs, requestId }) => `${atMs} ${requestId}`}
        empty={<NoCall isFiltered={mapping !== undefined || record !== undefined} />}
      />
      {opened && <CallDialog call={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}

function NoCall({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <Empty title={isFiltered ? "No call fits the filter" : "No mapping made a call"}>
      <p>
        The journal has a mapping's calls, since the routers' configuration has <code>journal: {"{}"}</code>. Where it
        has too much to write, some of those that succeed are left out.
      </p>
    </Empty>
  );
}
