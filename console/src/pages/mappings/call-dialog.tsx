import type { MappingCall } from "../../logic/mappings.ts";
import { resultText } from "../../logic/mappings.ts";
import { countText, counted } from "../../logic/text/numbers.ts";
import { durationText } from "../../logic/text/times.ts";
import { Chip } from "../../parts/chip.tsx";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { Fact } from "../../parts/fact.tsx";
import { Moment } from "../../parts/time.tsx";

interface CallDialogProps {
  readonly call: MappingCall;
  readonly onClose: () => void;
}

/** A call of a mapping's function: which records it was given, and which of them failed. */
export function CallDialog({ call, onClose }: CallDialogProps) {
  const { atMs, startedAtMs, router, mapping, function: fn, source, requestId, failure } = call;
  return (
    <Dialog title={`A call of ${mapping}`} onClose={onClose}>
      <dl class="facts">
        <Fact name="Result">
          <Chip tone={call.failed === 0 ? "good" : "bad"}>{resultText(call)}</Chip>
        </Fact>
        <Fact name="Began">
          <Moment atMs={startedAtMs} />
        </Fact>
        <Fact name="Took">{durationText(atMs - startedAtMs)}</Fact>
        <Fact name="Function">{fn}</Fact>
        <Fact name="From">{source}</Fact>
        <Fact name="Router">{router}</Fact>
        <Fact name="Request id">{requestId}</Fact>
      </dl>
      {failure && <p>{failure.message}</p>}
      <Records call={call} />
      <div class="dialog-actions">
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}

/** Its records by their ids. The journal has the first hundred. */
function Records({ call: { records, recordIds, failedIds } }: { readonly call: MappingCall }) {
  const failed = new Set(failedIds);
  const more = records - recordIds.length;
  return (
    <>
      <h3>{counted(records, "record")}</h3>
      <ul>
        {recordIds.map((id) => (
          <li key={id}>
            <code>{id}</code> {failed.has(id) && <Chip tone="bad">failed</Chip>}
          </li>
        ))}
      </ul>
      {more > 0 && <p class="soft">And {countText(more)} more, whose ids the journal does not have.</p>}
    </>
  );
}
