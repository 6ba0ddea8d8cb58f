import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { ArchiveListAnswer } from "../../../../src/admin-api/configuration/archives.ts";
import { useNamedPages } from "../../api/use-pages.ts";
import { rulesPath } from "../../logic/rules/rules.ts";
import { bytesText, counted, countText } from "../../logic/text/numbers.ts";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { OpenButton } from "../../parts/list/open-button.tsx";
import { PagedList } from "../../parts/list/paged-list.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Empty } from "../../parts/state-views.tsx";
import { Ago } from "../../parts/time.tsx";
import { pathTo } from "../../shell/paths.ts";
import { ReplayDialog } from "./replay-dialog.tsx";

type ListedArchive = ArchiveListAnswer["archives"][number];

const PAGE_ROWS = 100;

interface RowActions {
  readonly open: (archive: ListedArchive) => void;
  readonly replay: (archive: string) => void;
}

const columnsOf = ({ open, replay }: RowActions): readonly Column<ListedArchive>[] => [
  {
    name: "Archive",
    width: "minmax(9rem, 1.4fr)",
    cell: (archive) => <OpenButton name={archive.name} onOpen={() => open(archive)} />,
  },
  {
    name: "Event bus",
    width: "minmax(8rem, 1fr)",
    cell: ({ bus }) => <a href={pathTo(rulesPath({ bus }))}>{bus}</a>,
  },
  { name: "Kept", width: "minmax(9rem, 1.2fr)", cell: (archive) => retentionText(archive) },
  { name: "Events", width: "7rem", cell: ({ events }) => <span class="number">{countText(events)}</span> },
  { name: "Size", width: "7rem", cell: ({ bytes }) => <span class="number">{bytesText(bytes)}</span> },
  { name: "First", width: "7.5rem", cell: ({ firstMs }) => <Moment atMs={firstMs} /> },
  { name: "Last", width: "7.5rem", cell: ({ lastMs }) => <Moment atMs={lastMs} /> },
  {
    name: "Action",
    width: "6.5rem",
    isBare: true,
    cell: ({ name }) => (
      <GuardedButton
        action="busbar:CountReplay"
        on={{ kind: "archive", name }}
        aria-label={`Replay ${name}`}
        aria-haspopup="dialog"
        onClick={() => replay(name)}
      >
        Replay …
      </GuardedButton>
    ),
  },
];

/** The archives in force: what each keeps, for how long, and how much there is. */
export function Archives() {
  const pages = useNamedPages("archives", { limit: PAGE_ROWS });
  const [opened, setOpened] = useState<ListedArchive>();
  const [replayed, setReplayed] = useState<string>();
  const { route } = useLocation();
  return (
    <Page
      title="Archives"
      lead="What keeps the events of a bus, and how much of them there is. By name."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <PagedList
        label="Archives"
        noun="archive"
        pages={pages}
        columns={columnsOf({ open: setOpened, replay: setReplayed })}
        keyOf={({ name }) => name}
        empty={<Empty title="No events are kept: there is no archive" />}
      />
      {opened && <ArchiveDialog archive={opened} onClose={() => setOpened(undefined)} />}
      {replayed !== undefined && (
        <ReplayDialog
          archive={replayed}
          onClose={(isStarted) => {
            setReplayed(undefined);
            if (isStarted) route(pathTo("replays"));
          }}
        />
      )}
    </Page>
  );
}

function Moment({ atMs }: { readonly atMs: number | undefined }) {
  return atMs === undefined ? <span class="soft">none</span> : <Ago atMs={atMs} />;
}

function retentionText({ retentionDays: days, retentionBytes: bytes }: ListedArchive): string {
  const bounds = [
    ...(days === undefined ? [] : [counted(days, "day")]),
    ...(bytes === undefined ? [] : [`about ${bytesText(bytes)}`]),
  ];
  return bounds.length === 0 ? "for ever" : bounds.join(", ");
}

/** An archive with its pattern. */
function ArchiveDialog({ archive, onClose }: { readonly archive: ListedArchive; readonly onClose: () => void }) {
  const { name, description, bus, eventPattern, events, bytes, place } = archive;
  return (
    <Dialog title={name} onClose={onClose}>
      {description !== undefined && <p>{description}</p>}
      <p>
        Keeps events of {bus} {retentionText(archive)}. There are about {counted(events, "event")} of {bytesText(bytes)}
        .
      </p>
      {eventPattern === undefined ? <p>Every event of the bus.</p> : <pre>{eventPattern}</pre>}
      <p class="soft">{place === undefined ? "Made over the API." : `Made in ${place}: it is changed there.`}</p>
      <div class="dialog-actions">
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
