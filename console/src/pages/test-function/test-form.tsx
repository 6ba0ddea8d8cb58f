import { useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import { get } from "../../api/request.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { type Way, WAYS_TO_CALL, wayOf } from "../../logic/destinations/function-invoke.ts";
import { PAYLOAD_TEMPLATES, problemOfPayload } from "../../logic/destinations/function-test.ts";
import { bodyOf } from "../../logic/event/lanes.ts";
import { indentedExactly } from "../../logic/event/sandbox.ts";
import { JsonField } from "../../parts/form/json-field.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Failure } from "../../parts/state-views.tsx";

const FUNCTION = "function/";
const RECENT = "the newest event that went to it";

interface TestFormProps {
  readonly name: string;
  readonly way: Way;
  readonly isUnderWay: boolean;
  readonly onName: (name: string) => void;
  readonly onWay: (way: Way) => void;
  readonly onCall: (payload: string) => void;
}

/** Which function is called, how, and with which payload. */
export function TestForm({ name, way, isUnderWay, onName, onWay, onCall }: TestFormProps) {
  const listed = useAnswer("destinations");
  const [payload, setPayload] = useState("{}");
  const [note, setNote] = useState("");
  const functions = (listed.answer?.destinations ?? [])
    .map(({ destination }) => destination)
    .filter((destination) => destination.startsWith(FUNCTION))
    .map((destination) => destination.slice(FUNCTION.length));
  const mistake = problemOfPayload(payload);
  const { note: aboutWay, action, verb } = WAYS_TO_CALL[way];
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
        onCall(payload);
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
        How to call it
        <select value={way} onChange={({ currentTarget }) => onWay(wayOf(currentTarget.value))}>
          {Object.entries(WAYS_TO_CALL).map(([each, { name: text }]) => (
            <option key={each} value={each}>
              {text}
            </option>
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
      <p class="soft wide">{aboutWay}</p>
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
          action={action}
          on={name === "" ? undefined : { kind: "function", name }}
          class="primary"
          type="submit"
          disabled={name === "" || mistake !== undefined || isUnderWay}
        >
          {verb}
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
