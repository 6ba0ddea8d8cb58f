import { useEffect, useState } from "preact/hooks";
import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import { useExplanation } from "../../api/use-explanation.ts";
import { rulesReached } from "../../logic/event/explained-by.ts";
import { problemOfObject } from "../../logic/event/entry.ts";
import { Explanation } from "../../parts/event/explanation.tsx";
import { Failure, Loading } from "../../parts/state-views.tsx";

/** The nearest rules that do not match an event, each with what keeps it from matching. */
export function NotDelivered({ body, way }: { body: string | undefined; way: EventWay }) {
  const { event, configuration } = way;
  const { explained, explainThen } = useExplanation();
  const ask = (json: string) => void explainThen(json, event?.bus, configuration);
  // A way may come before the record of its configuration.
  useEffect(() => {
    if (body !== undefined) ask(body);
  }, [body, configuration?.digest]);
  return (
    <>
      {body === undefined && <PasteEvent onUse={ask} />}
      {explained.is === "asking" && <Loading what="the rules" />}
      {explained.is === "failed" && <Failure problem={explained.problem} />}
      {explained.is === "answered" && <Explanation {...explained} reached={rulesReached(way)} />}
    </>
  );
}

function PasteEvent({ onUse }: { onUse: (text: string) => void }) {
  const [text, setText] = useState("");
  const problem = text === "" ? undefined : problemOfObject(text, "The event");
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text !== "" && problem === undefined) onUse(text);
      }}
    >
      <p class="soft">
        Its JSON was not kept, so the rules cannot be asked about it. Paste the event to ask them. Events that come from
        now on are kept with <code>journal: {"{ bodies: all }"}</code> in the configuration.
      </p>
      <label>
        The event's JSON
        <textarea
          rows={5}
          value={text}
          spellcheck={false}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {problem && <p class="bad-text">{problem}</p>}
      <div class="actions">
        <button type="submit" disabled={text === "" || problem !== undefined}>
          Ask the rules
        </button>
      </div>
    </form>
  );
}
