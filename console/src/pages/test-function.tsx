import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { FunctionTestAnswer } from "../../../src/admin-api/destinations/function-tests.ts";
import { problemFrom } from "../api/problem.ts";
import { get } from "../api/request.ts";
import { useAnswer } from "../api/use-answer.ts";
import { useFunctionTest, type TestProgress } from "../api/use-function-test.ts";
import { PAYLOAD_TEMPLATES, problemOfPayload, testWords } from "../logic/destinations/function-test.ts";
import { bodyOf } from "../logic/event/lanes.ts";
import { counted } from "../logic/text/numbers.ts";
import { indentedExactly } from "../logic/event/sandbox.ts";
import { visibleText } from "../logic/text/visible-text.ts";
import { Chip } from "../parts/chip.tsx";
import { GuardedButton } from "../parts/guarded-button.tsx";
import { DeliveryLink } from "../parts/event/ids.tsx";
import { JsonField } from "../parts/form/json-field.tsx";
import { Page } from "../parts/page.tsx";
import { Payload } from "../parts/event/payload.tsx";
import { Failure } from "../parts/state-views.tsx";
import { pathTo } from "../shell/paths.ts";

const FUNCTION = "function/";
const RECENT = "the newest event that went to it";

/** Calls a function once, and shows what it answered. */
export function TestFunction() {
  const { query, route } = useLocation();
  const name = query["function"] ?? "";
  const { progress, test } = useFunctionTest();
  return (
    <Page
      title="Test a function"
      lead="Call a function once with a payload of yours. It is the real function: what it writes, it writes. Nothing is retried, recorded or dead-lettered."
    >
      <TestForm
        name={name}
        isUnderWay={progress.is === "waiting" || progress.is === "calling"}
        onName={(chosen) => route(pathTo(`test?function=${encodeURIComponent(chosen)}`), true)}
        onTest={(payload) => void test(name, payload)}
      />
      <Progress progress={progress} />
    </Page>
  );
}

interface TestFormProps {
  readonly name: string;
  readonly isUnderWay: boolean;
  readonly onName: (name: string) => void;
  readonly onTest: (payload: string) => void;
}

function TestForm({ name, isUnderWay, onName, onTest }: TestFormProps) {
  const listed = useAnswer("destinations");
  const [payload, setPayload] = useState("{}");
  const [note, setNote] = useState("");
  const functions = (listed.answer?.destinations ?? [])
    .map(({ destination }) => destination)
    .filter((destination) => destination.startsWith(FUNCTION))
    .map((destination) => destination.slice(FUNCTION.length));
  const mistake = problemOfPayload(payload);
  const fill = async (template: string) => {
    setNote("");
    const text = PAYLOAD_TEMPLATES[template] ?? (await recentEvent(name).catch(noteOf));
    if (typeof text === "string") setPayload(text);
    else setNote(text.note);
  };
  return (
    <form
      class="form entry"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onTest(payload);
      }}
    >
      <label>
        Function
        <select data-filter value={name} onChange={({ currentTarget }) => onName(currentTarget.value)}>
          <option value="">choose one …</option>
          {name !== "" && !functions.includes(name) && <option>{name}</option>}
          {functions.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label>
        Fill in
        <select
          value=""
          onChange={({ currentTarget }) => {
            void fill(currentTarget.value);
            currentTarget.value = "";
          }}
        >
          <option value="">choose what …</option>
          {Object.keys(PAYLOAD_TEMPLATES).map((each) => (
            <option key={each}>{each}</option>
          ))}
          <option disabled={name === ""}>{RECENT}</option>
        </select>
      </label>
      <div class="wide">
        <JsonField
          label="Payload, any JSON"
          value={payload}
          rows={12}
          isWrong={mistake !== undefined}
          mistakeId="mistake"
          onInput={setPayload}
        />
      </div>
      <p id="mistake" class={mistake === undefined ? "soft wide" : "bad-text wide"} role="status">
        {mistake ?? note}
      </p>
      {listed.problem && <Failure problem={listed.problem} onRetry={listed.reload} />}
      <div class="actions wide">
        <GuardedButton
          action="busbar:TestFunction"
          on={name === "" ? undefined : { kind: "function", name }}
          class="primary"
          type="submit"
          disabled={name === "" || mistake !== undefined || isUnderWay}
        >
          Call it once
        </GuardedButton>
      </div>
    </form>
  );
}

/** The event, and not what the input of a rule's target would make of it. */
async function recentEvent(name: string): Promise<string | { readonly note: string }> {
  const { rows } = await get("events", { query: { destination: FUNCTION + name, limit: 1 } });
  const [newest] = rows;
  if (newest === undefined) return { note: "No event that went to it is kept." };
  const body = bodyOf(await get(`events/${encodeURIComponent(newest.id)}`));
  return body === undefined ? { note: "The JSON of the newest event was not kept." } : indentedExactly(body);
}

function noteOf(error: unknown): { readonly note: string } {
  return { note: problemFrom(error).detail };
}

function Progress({ progress }: { progress: TestProgress }) {
  return (
    <section aria-labelledby="result" hidden={progress.is === "idle"}>
      <h2 id="result">Result</h2>
      <p role="status">
        {progress.is === "waiting" && "It waits in the function's queue for a router to take it …"}
        {progress.is === "calling" && "A router calls the function …"}
        {progress.is === "ended" && <Verdict answer={progress.answer} />}
      </p>
      {progress.is === "failed" && <Failure problem={progress.problem} />}
      {progress.is === "ended" && <Result answer={progress.answer} />}
    </section>
  );
}

function Verdict({ answer }: { answer: FunctionTestAnswer }) {
  const { tone, word, sentence } = testWords(answer);
  return (
    <>
      <Chip tone={tone}>{word}</Chip> {visibleText(sentence)}
    </>
  );
}

function Result({ answer }: { answer: FunctionTestAnswer }) {
  const { response, responseBytes = 0, output, outputLeftOut, deliveryId } = answer;
  const isCut = response !== undefined && new TextEncoder().encode(response).length < responseBytes;
  return (
    <>
      <p class="soft">
        Its request id is <DeliveryLink id={deliveryId} />.
      </p>
      {response !== undefined && <Payload text={response} label="What it answered" />}
      {isCut && <p class="soft">This is the beginning of {counted(responseBytes, "byte")}.</p>}
      <h3>Its log</h3>
      {output.length === 0 && (
        <p class="soft">
          No line is known. Routers read the lines of local processes only; look for its request id where the function's
          log is kept.
        </p>
      )}
      {outputLeftOut > 0 && <p class="soft">{counted(outputLeftOut, "line")} before these are left out.</p>}
      {output.length > 0 && (
        <pre tabIndex={0} aria-label="Its log" dir="ltr">
          {output.map(({ stream, line }) => `${stream === "stderr" ? "err" : "out"}  ${visibleText(line)}\n`).join("")}
        </pre>
      )}
    </>
  );
}
