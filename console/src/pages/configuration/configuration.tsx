import type { Happening } from "../../../../src/admin-api/history/happenings.ts";
import { usePages } from "../../api/use-pages.ts";
import { counted } from "../../logic/text/numbers.ts";
import { Chip } from "../../parts/chip.tsx";
import { InForce } from "./in-force.tsx";
import { NotInForce } from "./not-in-force.tsx";
import { More } from "../../parts/list/more.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { Empty, Loading } from "../../parts/state-views.tsx";
import { Moment } from "../../parts/time.tsx";

/** Which configurations were taken over, and which were refused with which problems. */
export function Configuration() {
  const pages = usePages("happenings/reload", { limit: 50 });
  return (
    <Page
      title="Configuration"
      lead="Each configuration that a router took over or refused. After a refusal the one before stays in force."
      actions={<Refresh onRefresh={pages.reload} isReading={pages.isLoading} />}
    >
      <InForce />
      <NotInForce />
      <section aria-labelledby="reloads">
        <h2 id="reloads">Reloads</h2>
        {!pages.isRead && !pages.problem && <Loading what="reloads" />}
        {pages.isRead && pages.rows.length === 0 && !pages.hasMore && (
          <Empty title="No reload is recorded">
            <p>The configuration that the router started with is in force. A change of its files shows here.</p>
          </Empty>
        )}
        <ul class="cards">
          {pages.rows.map((reload, index) => (
            <Reload key={`${reload.atMs} ${index}`} reload={reload} />
          ))}
        </ul>
        <More pages={pages} noun="reload" />
      </section>
    </Page>
  );
}

function Reload({ reload: { atMs, rules, digest, problems, router } }: { reload: Happening<"reload"> }) {
  const isRefused = problems.length > 0;
  return (
    <li class="card">
      <div class="card-head">
        <h2>
          <Moment atMs={atMs} />
        </h2>
        <Chip tone={isRefused ? "bad" : "good"}>{isRefused ? "refused" : "taken over"}</Chip>
        <span class="soft">
          {rules === undefined ? "" : `${counted(rules, "rule")}, `}
          {digest === undefined ? "" : `digest ${digest}, `}
          router {router}
        </span>
      </div>
      {isRefused && (
        <ol class="problems">
          {problems.map((problem) => (
            <li key={problem}>
              <code>{problem}</code>
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}
