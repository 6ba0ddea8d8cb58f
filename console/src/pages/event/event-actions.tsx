import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import { entryOfEvent, putEventsCommand } from "../../logic/event/entry.ts";
import { bodyOf } from "../../logic/event/lanes.ts";
import { CopyButton } from "../../parts/copy.tsx";
import { pathTo } from "../../shell/paths.ts";

/** What can be done with an event: copy it, put it again. */
export function EventActions({ way, onRefresh }: { way: EventWay; onRefresh: () => void }) {
  const body = bodyOf(way);
  const entry = body === undefined ? undefined : entryOfEvent(body, way.event?.bus ?? "");
  return (
    <>
      {entry && <CopyButton text={() => putEventsCommand(entry)}>Copy as aws command</CopyButton>}
      {entry && (
        <a class="button" href={`${pathTo("send")}?from=${encodeURIComponent(way.id)}`}>
          Send one like it
        </a>
      )}
      <button data-refresh onClick={onRefresh}>
        Refresh
      </button>
    </>
  );
}
