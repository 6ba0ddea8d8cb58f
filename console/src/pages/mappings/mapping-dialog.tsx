import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { behindText, callsPath, type ListedMapping } from "../../logic/mappings.ts";
import { countText } from "../../logic/text/numbers.ts";
import { Dialog } from "../../parts/dialog/dialog.tsx";
import { Fact } from "../../parts/fact.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Failure, Loading } from "../../parts/state-views.tsx";
import { pathTo } from "../../shell/paths.ts";
import { LastResult, MappingStateChip, Source } from "./mapping-parts.tsx";

const POLL_MS = 2_000;

interface MappingDialogProps {
  readonly name: string;
  readonly onClose: (isChanged?: boolean) => void;
}

/** A mapping with all that it says. One that was made over the API may be disabled and enabled here. */
export function MappingDialog({ name, onClose }: MappingDialogProps) {
  const { answer, problem, reload } = useAnswer("mappings", { query: { mapping: name }, pollMs: POLL_MS });
  const [refused, setRefused] = useState<Problem>();
  const [isChanged, setChanged] = useState(false);
  const mapping = answer?.mappings[0];
  const turn = (uuid: string, isEnabled: boolean) =>
    send("PUT", `lambda/event-source-mappings/${uuid}`, { body: { Enabled: isEnabled } }).then(
      () => {
        setRefused(undefined);
        setChanged(true);
        reload();
      },
      (error: unknown) => setRefused(problemFrom(error)),
    );
  return (
    <Dialog title={name} onClose={() => onClose(isChanged)}>
      {problem && <Failure problem={problem} onRetry={reload} />}
      {answer === undefined && !problem && <Loading what="the mapping" />}
      {answer !== undefined && !mapping && <p>There is no mapping of this name.</p>}
      {mapping && <Facts mapping={mapping} />}
      {refused && <Failure problem={refused} />}
      <div class="dialog-actions">
        {mapping && <Switch mapping={mapping} onTurn={(isEnabled) => void turn(mapping.uuid, isEnabled)} />}
        <button onClick={() => onClose(isChanged)}>Close</button>
      </div>
    </Dialog>
  );
}

interface SwitchProps {
  readonly mapping: ListedMapping;
  readonly onTurn: (isEnabled: boolean) => void;
}

/** A mapping of a file is changed there. */
function Switch({ mapping: { uuid, place, state }, onTurn }: SwitchProps) {
  if (place !== undefined) return null;
  const isEnabled = state !== "disabled";
  return (
    <GuardedButton
      action="lambda:UpdateEventSourceMapping"
      on={{ kind: "event-source-mapping", name: uuid }}
      onClick={() => onTurn(!isEnabled)}
    >
      {isEnabled ? "Disable" : "Enable"}
    </GuardedButton>
  );
}

function Facts({ mapping }: { readonly mapping: ListedMapping }) {
  const { description, source, function: fn, format, place, uuid, filters, stream } = mapping;
  return (
    <>
      {description !== undefined && <p>{description}</p>}
      <dl class="facts">
        <Fact name="State">
          <MappingStateChip mapping={mapping} />
        </Fact>
        <Fact name="Source">
          <Source source={source} />
        </Fact>
        <Fact name="Function">{fn}</Fact>
        <Fact name="Shown as">{format}</Fact>
        <Fact name="Batch size">{countText(mapping.batchSize)}</Fact>
        <Fact name="Window">{mapping.maximumBatchingWindowInSeconds} s</Fact>
        <Fact name="Calls at once">{mapping.maximumConcurrency ?? "as many as the function takes"}</Fact>
        <Fact name="Partial failures">{mapping.reportBatchItemFailures ? "the answer names them" : "no"}</Fact>
        <Fact name="In calls">{countText(mapping.callsInFlight)}</Fact>
        <Fact name="Last result">
          <LastResult mapping={mapping} />
        </Fact>
        <Fact name="Calls">
          <a href={pathTo(callsPath({ mapping: mapping.name }))}>all that the journal has</a>
        </Fact>
        {stream && <Fact name="Oldest record">{behindText(mapping) ?? "another router reads"}</Fact>}
        {stream && <StreamFacts stream={stream} />}
        <Fact name="UUID">{uuid}</Fact>
      </dl>
      <h3>Filters</h3>
      {filters.length === 0 && <p class="soft">None: it is called with every record.</p>}
      <ul>
        {filters.map((filter) => (
          <li key={filter}>
            <code>{filter}</code>
          </li>
        ))}
      </ul>
      {place !== undefined && <p class="soft">A file has it ({place}), and it is changed there.</p>}
    </>
  );
}

function StreamFacts({ stream }: { readonly stream: NonNullable<ListedMapping["stream"]> }) {
  const { maximumRetryAttempts: attempts, maximumRecordAgeInSeconds: age, tumblingWindowInSeconds: window } = stream;
  return (
    <>
      <Fact name="Begins at">{stream.startingPosition}</Fact>
      <Fact name="Batches at once, each partition">{stream.parallelizationFactor}</Fact>
      <Fact name="Retries">{attempts === -1 ? "for ever" : countText(attempts)}</Fact>
      <Fact name="Gives up after">{age === -1 ? "never" : `${countText(age)} s`}</Fact>
      <Fact name="Halves failed batches">{stream.bisectBatchOnFunctionError ? "yes" : "no"}</Fact>
      <Fact name="Tumbling window">{window === 0 ? "none" : `${countText(window)} s`}</Fact>
      <Fact name="On failure">{stream.onFailure === undefined ? "nothing" : `queue/${stream.onFailure}`}</Fact>
    </>
  );
}
