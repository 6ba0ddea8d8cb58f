import type { Happening } from "../../../src/admin-api/history/happenings.ts";
import { usePages } from "../api/use-pages.ts";
import { Chip } from "../parts/chip.tsx";
import { List, type Column } from "../parts/list/list.tsx";
import { More } from "../parts/list/more.tsx";
import { Page } from "../parts/page.tsx";
import { Refresh } from "../parts/refresh.tsx";
import { Empty, Loading } from "../parts/state-views.tsx";
import { Moment } from "../parts/time.tsx";

const COLUMNS: readonly Column<Happening<"audit">>[] = [
  { name: "Time", width: "10.5rem", isBare: true, cell: ({ atMs }) => <Moment atMs={atMs} /> },
  { name: "Who", width: "minmax(7rem, 1fr)", cell: ({ principal }) => principal ?? "nobody was asked" },
  { name: "Action", width: "minmax(10rem, 1fr)", cell: ({ action }) => action },
  { name: "Resource", width: "minmax(12rem, 2fr)", cell: ({ resource }) => resource },
  {
    name: "Outcome",
    width: "8rem",
    isBare: true,
    cell: ({ outcome }) => <Chip tone={outcome === "allowed" ? "good" : "bad"}>{outcome}</Chip>,
  },
  { name: "Statement", width: "minmax(7rem, 1fr)", cell: ({ statement }) => statement ?? "–" },
  { name: "From", width: "minmax(7rem, 0.8fr)", cell: ({ from }) => from },
];

/** Who changed or read what over an API, and who was refused. */
export function Audit() {
  const pages = usePages("happenings/audit", { limit: 100 });
  return (
    <Page
      title="Audit"
      lead="Who changed or read something over an API, or was refused. The newest first."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      {!pages.isRead && !pages.problem && <Loading what="the audit records" />}
      {pages.isRead && pages.rows.length === 0 && !pages.hasMore && (
        <Empty title="Nothing is recorded">
          <p>Changes, and reads of payloads, show here with who made them.</p>
        </Empty>
      )}
      {pages.rows.length > 0 && (
        <List
          label="Audit records"
          columns={COLUMNS}
          rows={pages.rows}
          keyOf={({ atMs }, index) => `${atMs} ${index}`}
          hasMore={pages.hasMore}
        />
      )}
      <More pages={pages} noun="record" />
    </Page>
  );
}
