import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../api/problem.ts";
import { send } from "../api/request.ts";
import { useAnswer } from "../api/use-answer.ts";
import {
  entryOfEvent,
  problemOfEntry,
  problemOfObject,
  putEntry,
  putEventsCommand,
  type EntryText,
} from "../logic/event/entry.ts";
import { ENTRY_TEMPLATES } from "../logic/event/entry-templates.ts";
import { bodyOf } from "../logic/event/lanes.ts";
import { CopyButton } from "../parts/copy.tsx";
import { GuardedButton } from "../parts/guarded-button.tsx";
import { EventLink } from "../parts/event/ids.tsx";
import { JsonField } from "../parts/form/json-field.tsx";
import { Page } from "../parts/page.tsx";
import { Failure, Loading } from "../parts/state-views.tsx";
import { WayView } from "./event/way-view.tsx";
import { useWay } from "./event/use-way.ts";
import { TextField } from "../parts/form/text-field.tsx";

const NO_ENTRY: EntryText = { bus: "", source: "", detailType: "", detail: "{\n  \n}" };

/** Puts an event, and follows its way. */
export function Send() {
  const from = useLocation().query["from"];
  const original = useAnswer(from === undefined ? undefined : `events/${encodeURIComponent(from)}`);
  const body = original.answer && bodyOf(original.answer);
  const copied = body === undefined ? undefined : entryOfEvent(body, original.answer?.event?.bus ?? "");
  return (
    <Page title="Send an event" lead="Put an event on a bus, and watch where it goes.">
      {from !== undefined && original.answer === undefined && !original.problem && <Loading what="the event" />}
      {from !== undefined && original.problem && <Failure problem={original.problem} onRetry={original.reload} />}
      {from !== undefined && original.answer !== undefined && copied === undefined && (
        <p class="soft">
          The JSON of event <EventLink id={from} /> was not kept, so it cannot be filled in.
        </p>
      )}
      {copied && from !== undefined && (
        <p class="soft">
          Filled in from event <EventLink id={from} />. What is put is a new event with an id of its own.
        </p>
      )}
      <EntryForm key={copied === undefined ? "" : from} initial={copied ?? NO_ENTRY} />
    </Page>
  );
}

function EntryForm({ initial }: { initial: EntryText }) {
  const [entry, setEntry] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const [eventId, setEventId] = useState<string>();
  const change = (part: Partial<EntryText>) => setEntry((before) => ({ ...before, ...part }));
  const mistake = problemOfEntry(entry);
  const wrongDetail = problemOfObject(entry.detail, "The detail");
  const put = async () => {
    setTried(true);
    if (mistake !== undefined) return;
    setSending(true);
    setProblem(undefined);
    try {
      const { Entries } = await send("POST", "send", { body: { Entries: [putEntry(entry)] } });
      const [result] = Entries;
      setEventId(result?.EventId);
      if (result?.EventId === undefined) {
        setProblem({
          title: result?.ErrorCode ?? "Refused",
          detail: result?.ErrorMessage ?? "The router did not say why.",
        });
      }
    } catch (error) {
      setProblem(problemFrom(error));
    }
    setSending(false);
  };
  return (
    <>
      <form
        class="form entry"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void put();
        }}
      >
        <TemplateChoice onChoose={setEntry} />
        <TextField label="Bus" value={entry.bus} example="default" onInput={(bus) => change({ bus })} />
        <TextField
          label="Source"
          value={entry.source}
          example="shop.checkout"
          onInput={(source) => change({ source })}
        />
        <TextField
          label="Detail type"
          value={entry.detailType}
          example="OrderPlaced"
          onInput={(detailType) => change({ detailType })}
        />
        <div class="wide">
          <JsonField
            label="Detail, a JSON object"
            value={entry.detail}
            rows={9}
            isWrong={wrongDetail !== undefined}
            mistakeId="mistake"
            onInput={(detail) => change({ detail })}
          />
        </div>
        <p id="mistake" class="bad-text wide" role="status">
          {(isTried ? mistake : wrongDetail) ?? ""}
        </p>
        <div class="actions wide">
          <GuardedButton
            action="events:PutEvents"
            on={{ kind: "event-bus", name: entry.bus || "default" }}
            class="primary"
            type="submit"
            disabled={isSending}
          >
            {isSending ? "Putting …" : "Put the event"}
          </GuardedButton>
          {mistake === undefined && <CopyButton text={() => putEventsCommand(entry)}>Copy as aws command</CopyButton>}
        </div>
      </form>
      {problem && <Failure problem={problem} />}
      {eventId !== undefined && <FollowedEvent key={eventId} id={eventId} />}
    </>
  );
}

function TemplateChoice({ onChoose }: { onChoose: (entry: EntryText) => void }) {
  return (
    <label>
      Template
      <select
        value=""
        onChange={({ currentTarget }) => {
          const template = ENTRY_TEMPLATES[currentTarget.value];
          if (template) onChoose(template);
          currentTarget.value = "";
        }}
      >
        <option value="">choose one to fill in …</option>
        {Object.keys(ENTRY_TEMPLATES).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** The way of an event that was just put, until it ends. */
function FollowedEvent({ id }: { id: string }) {
  const { answer: way, problem } = useWay(id);
  return (
    <section aria-labelledby="followed" class="followed">
      <h2 id="followed">
        Event <EventLink id={id} />
      </h2>
      {problem !== undefined && problem.status !== 404 && <Failure problem={problem} />}
      {way ? <WayView way={way} /> : <Loading what="its way" />}
    </section>
  );
}
