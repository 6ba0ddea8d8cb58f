import type { FunctionTestAnswer } from "../../../../src/admin-api/destinations/function-tests.ts";
import type { TestProgress } from "../../api/use-function-test.ts";
import { testWords } from "../../logic/destinations/function-test.ts";
import { counted } from "../../logic/text/numbers.ts";
import { DeliveryLink } from "../../parts/event/ids.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { CallLog, CallResult } from "./call-result.tsx";

/** What comes of a test. */
export function TestResult({ progress }: { readonly progress: TestProgress }) {
  return (
    <CallResult status={statusOf(progress)} problem={progress.is === "failed" ? progress.problem : undefined}>
      {progress.is === "ended" && <Answer answer={progress.answer} />}
    </CallResult>
  );
}

function statusOf(progress: TestProgress) {
  switch (progress.is) {
    case "waiting":
      return "It waits in the function's queue for a router to take it …";
    case "calling":
      return "A router calls the function …";
    case "ended":
      return testWords(progress.answer);
    default:
      return undefined;
  }
}

function Answer({ answer }: { readonly answer: FunctionTestAnswer }) {
  const { response, responseBytes = 0, output, outputLeftOut, deliveryId } = answer;
  const isCut = response !== undefined && new TextEncoder().encode(response).length < responseBytes;
  return (
    <>
      <p class="soft">
        Its request id is <DeliveryLink id={deliveryId} />.
      </p>
      {response !== undefined && <Payload text={response} label="What it answered" />}
      {isCut && <p class="soft">This is the beginning of {counted(responseBytes, "byte")}.</p>}
      <CallLog
        text={output.map(({ stream, line }) => `${stream === "stderr" ? "err" : "out"}  ${line}\n`).join("")}
        leftOut={outputLeftOut > 0 ? `${counted(outputLeftOut, "line")} before these are left out.` : undefined}
      />
    </>
  );
}
