import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { EventWay } from "../../../src/admin-api/history.ts";
import { useMe } from "../api/me.ts";
import { ApiError, type Problem } from "../api/problem.ts";
import { send } from "../api/request.ts";
import { useAnswer } from "../api/use-answer.ts";
import { entryOfEvent, problemOfEntry, putEntry, putEventsCommand, type EntryText } from "../logic/entry.ts";
import { ENTRY_TEMPLATES } from "../logic/entry-templates.ts";
import { bodyOf } from "../logic/lanes.ts";
import { CopyButton } from "../parts/copy.tsx";
import { EventLink } from "../parts/ids.tsx";
import { Page } from "../parts/page.tsx";
import { Failure, Loading } from "../parts/state-views.tsx";
import { WayView } from "./event/way-view.tsx";
import { useWay } from "./event/use-way.ts";

const NO_ENTRY: EntryText = { bus: "", source: "", detailType: "", detail: "{\n  \n}" };

interface PutEventsAnswer {
  readonly Entries: readonly {
    readonly EventId?: string;
    readonly ErrorCode?: string;
    readonly ErrorMessage?: string;
  }[];
}

/** Puts an event, and follows its way. */
export function Send() {
  const from = useLocation().query["from"];
  const original = useAnswer<EventWay>(from === undefined ? undefined : `events/${encodeURIComponent(from)}`);
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
  const me = useMe();
  const [entry, setEntry] = useState(initial);
  const [isTried, setTried] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const [eventId, setEventId] = useState<string>();
  const change = (part: Partial<EntryText>) => setEntry((before) => ({ ...before, ...part }));
  const mistake = problemOfEntry(entry);
  const put = async () => {
    setTried(true);
    if (mistake !== undefined) return;
    setSending(true);
    setProblem(undefined);
    try {
      const { Entries } = await send<PutEventsAnswer>("POST", "send", { body: { Entries: [putEntry(entry)] } });
      const [result] = Entries;
      setEventId(result?.EventId);
      if (result?.EventId === undefined) {
        setProblem({
          title: result?.ErrorCode ?? "Refused",
          detail: result?.ErrorMessage ?? "The router did not say why.",
        });
      }
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) });
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
        <TextField label="Bus" value={entry.bus} example="default" onChange={(bus) => change({ bus })} />
        <TextField
          label="Source"
          value={entry.source}
          example="shop.checkout"
          onChange={(source) => change({ source })}
        />
        <TextField
          label="Detail type"
          value={entry.detailType}
          example="OrderPlaced"
          onChange={(detailType) => change({ detailType })}
        />
        <label class="wide">
          Detail, a JSON object
          <textarea
            rows={9}
            value={entry.detail}
            spellcheck={false}
            aria-invalid={isTried && mistake !== undefined}
            aria-describedby="mistake"
            onInput={({ currentTarget }) => change({ detail: currentTarget.value })}
          />
        </label>
        <p id="mistake" class="bad-text wide" role="status">
          {isTried && mistake !== undefined ? mistake : ""}
        </p>
        <div class="actions wide">
          <button class="primary" type="submit" disabled={isSending || me?.readOnly === true}>
            {isSending ? "Putting …" : "Put the event"}
          </button>
          {mistake === undefined && <CopyButton text={() => putEventsCommand(entry)}>Copy as aws command</CopyButton>}
          {me?.readOnly === true && <span class="soft">This console is read-only.</span>}
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

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly example: string;
  readonly onChange: (value: string) => void;
}

function TextField({ label, value, example, onChange }: TextFieldProps) {
  return (
    <label>
      {label}
      <input
        value={value}
        placeholder={example}
        autoComplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
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
