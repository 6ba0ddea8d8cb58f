import { useEffect, useState } from "preact/hooks";
import type { BlockedKeyAnswer } from "../../../../src/admin-api/destinations/blocked-keys.ts";
import type { DestinationListAnswer } from "../../../../src/admin-api/destinations/destinations.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { destinationsSeen, type DestinationSeen } from "../../logic/destinations/destinations.ts";
import { countText } from "../../logic/text/numbers.ts";
import { DestinationCard } from "./destination-card.tsx";
import { Page } from "../../parts/page.tsx";
import { Refresh } from "../../parts/refresh.tsx";
import { PauseDialog, ResumeDialog } from "./pause-dialogs.tsx";
import { SkipDialog } from "./skip-dialog.tsx";
import { Empty, Failure, Loading } from "../../parts/state-views.tsx";

const ATTEMPTS = 500;
const POLL_MS = 5_000;
const NONE: DestinationListAnswer = { destinations: [] };

/** Functions and API destinations, and how their calls go. */
export function Destinations() {
  const attempts = useAnswer("attempts", { query: { limit: ATTEMPTS }, pollMs: POLL_MS });
  const circuits = useAnswer("happenings/circuit", {
    query: { limit: 200 },
    pollMs: POLL_MS,
  });
  const listed = useAnswer("destinations", { pollMs: POLL_MS });
  const routers = useAnswer("routers", { pollMs: POLL_MS });
  const isOrdered = listed.answer?.destinations.some(({ orderBy }) => orderBy !== undefined) === true;
  const blocked = useAnswer(isOrdered ? "blocked-keys" : undefined, { pollMs: POLL_MS });
  const [skipping, setSkipping] = useState<BlockedKeyAnswer>();
  const [changing, setChanging] = useState<DestinationSeen>();
  const problem = attempts.problem ?? circuits.problem ?? listed.problem;
  const reload = () => {
    attempts.reload();
    circuits.reload();
    listed.reload();
    blocked.reload();
  };
  const isRead = attempts.answer !== undefined && listed.answer !== undefined && circuits.answer !== undefined;
  const seen = destinationsSeen(listed.answer ?? NONE, attempts.answer?.rows ?? [], circuits.answer?.rows ?? []);
  useEffect(() => {
    // The address may name one of them, which is there only now.
    if (isRead) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [isRead]);
  const close = (isChanged: boolean) => {
    setChanging(undefined);
    setSkipping(undefined);
    if (isChanged) reload();
  };
  return (
    <Page
      title="Destinations"
      lead={`What routers call, and how the newest ${countText(attempts.answer?.rows.length ?? ATTEMPTS)} attempts went.`}
      actions={<Refresh onRefresh={reload} />}
    >
      {problem && <Failure problem={problem} onRetry={reload} />}
      {!isRead && !problem && <Loading what="destinations" />}
      {isRead && seen.length === 0 && (
        <Empty title="There is no destination">
          <p>The configuration has no function and no API destination. What goes to queues is on the page of queues.</p>
        </Empty>
      )}
      <ul class="cards">
        {seen.map((each) => (
          <DestinationCard
            key={each.name}
            seen={each}
            routers={routers.answer}
            blocked={blocked}
            onSkip={setSkipping}
            onChange={() => setChanging(each)}
          />
        ))}
      </ul>
      {skipping && <SkipDialog blocked={skipping} onClose={close} />}
      {changing &&
        (changing.configured?.pause ? (
          <ResumeDialog pause={changing.configured.pause} onClose={close} />
        ) : (
          <PauseDialog destination={changing.name} onClose={close} />
        ))}
    </Page>
  );
}
