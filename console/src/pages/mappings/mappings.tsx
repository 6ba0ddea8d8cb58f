import { useLocation } from "preact-iso";
import { useAnswer } from "../../api/use-answer.ts";
import { useNamedPages } from "../../api/use-pages.ts";
import { behindText, callsPath, type ListedMapping, mappingPath } from "../../logic/mappings.ts";
import { targetPath } from "../../logic/rules/rules.ts";
import { countText } from "../../logic/text/numbers.ts";
import type { Column } from "../../parts/list/list.tsx";
import { OpenButton } from "../../parts/list/open-button.tsx";
import { PagedList } from "../../parts/list/paged-list.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Empty } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";
import { MappingDialog } from "./mapping-dialog.tsx";
import { LastResult, MappingStateChip, Source } from "./mapping-parts.tsx";

const PAGE_ROWS = 100;
const POLL_MS = 5_000;

const columnsOf = (
  open: (name: string) => void,
  waiting: ReadonlyMap<string, number>,
): readonly Column<ListedMapping>[] => [
  {
    name: "Mapping",
    width: "minmax(9rem, 1.4fr)",
    cell: ({ name }) => <OpenButton name={name} onOpen={() => open(name)} />,
  },
  { name: "Source", width: "minmax(8rem, 1.2fr)", cell: ({ source }) => <Source source={source} /> },
  {
    name: "Function",
    width: "minmax(8rem, 1.2fr)",
    cell: ({ function: name }) => <a href={pathTo(targetPath({ kind: "function", name }))}>{name}</a>,
  },
  { name: "State", width: "7rem", isBare: true, cell: (mapping) => <MappingStateChip mapping={mapping} /> },
  { name: "Batch", width: "4.5rem", cell: ({ batchSize }) => <span class="number">{countText(batchSize)}</span> },
  {
    name: "In calls / waiting",
    width: "9rem",
    cell: (mapping) => (
      <span class="number">
        {countText(mapping.callsInFlight)} / {behindText(mapping) ?? waitingText(mapping.source, waiting)}
      </span>
    ),
  },
  { name: "Last result", width: "minmax(10rem, 1.6fr)", cell: (mapping) => <LastResult mapping={mapping} /> },
];

/** Messages that wait in a queue, where that is known. */
function waitingText({ kind, name }: ListedMapping["source"], waiting: ReadonlyMap<string, number>): string {
  const count = kind === "queue" ? waiting.get(name) : undefined;
  return count === undefined ? "–" : countText(count);
}

/** The event source mappings in force: what each reads, what it calls, and how it is at the router that answers. */
export function Mappings() {
  const { query, route } = useLocation();
  const pages = useNamedPages("mappings", { limit: PAGE_ROWS });
  const { answer: queues } = useAnswer("queues", { pollMs: POLL_MS });
  const waiting = new Map(
    (queues?.queues ?? []).flatMap((one) => ("ready" in one ? [[one.name, one.ready] as const] : [])),
  );
  const { mapping: opened } = query;
  return (
    <Page
      title="Mappings"
      lead="What reads queues and streams, and calls functions with batches of their records. By name, as they are at one router."
      actions={
        <>
          <a href={pathTo(callsPath({}))}>All calls</a>
          <Refresh onRefresh={pages.reload} isReading={pages.isLoading} />
        </>
      }
    >
      <PagedList
        label="Mappings"
        noun="mapping"
        pages={pages}
        columns={columnsOf((name) => route(pathTo(mappingPath(name))), waiting)}
        keyOf={({ name }) => name}
        empty={<NoMapping />}
      />
      {opened !== undefined && (
        <MappingDialog
          name={opened}
          onClose={(isChanged) => {
            route(pathTo("mappings"));
            if (isChanged === true) pages.reload();
          }}
        />
      )}
    </Page>
  );
}

function NoMapping() {
  return (
    <Empty title="No queue or stream is read for a function">
      <p>
        <code>eventSourceMappings</code> in a configuration file has mappings, and CreateEventSourceMapping makes one:{" "}
        <code>aws lambda create-event-source-mapping</code>.
      </p>
    </Empty>
  );
}
