import type { InvokeProgress } from "../../api/use-invoke.ts";
import { type InvokeAnswer, invokeWords } from "../../logic/destinations/function-invoke.ts";
import { durationText } from "../../logic/text/times.ts";
import { DeliveryLink } from "../../parts/event/ids.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { Fact } from "../../parts/fact.tsx";
import { CallLog, CallResult } from "./call-result.tsx";

/** What comes of a call by Invoke. */
export function InvokeResult({ progress }: { readonly progress: InvokeProgress }) {
  return (
    <CallResult status={statusOf(progress)} problem={progress.is === "failed" ? progress.problem : undefined}>
      {progress.is === "ended" && <Answer answer={progress.answer} />}
    </CallResult>
  );
}

function statusOf(progress: InvokeProgress) {
  if (progress.is === "ended") return invokeWords(progress.answer);
  return progress.is === "calling" ? "A router has the call …" : undefined;
}

function Answer({ answer }: { readonly answer: InvokeAnswer }) {
  const { status, functionError, executedVersion, tookMs, requestId, response, log } = answer;
  return (
    <>
      <dl class="facts">
        <Fact name="Status">{status}</Fact>
        {functionError !== undefined && <Fact name="Function error">{functionError}</Fact>}
        {executedVersion !== undefined && <Fact name="Executed version">{executedVersion}</Fact>}
        <Fact name="Answered after">{durationText(tookMs)}</Fact>
        {requestId !== undefined && (
          <Fact name="Request id">
            <DeliveryLink id={requestId} />
          </Fact>
        )}
      </dl>
      {response !== "" && <Payload text={response} label="What it answered" />}
      {status === 200 && <CallLog text={log ?? ""} />}
    </>
  );
}
