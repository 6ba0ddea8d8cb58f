import { useMemo } from "preact/hooks";
import { useExplanation } from "../../api/use-explanation.ts";
import { canKeepNumbers, type SandboxPattern } from "../../logic/event/sandbox.ts";
import { patternYaml } from "../../logic/text/yaml.ts";
import { AgainstEvents } from "./against-events.tsx";
import { CopyButton } from "../../parts/copy.tsx";
import { Explanation } from "../../parts/event/explanation.tsx";
import { Page } from "../../parts/page.tsx";
import { PatternAgainstEvent, useReads } from "./pattern-against-event.tsx";
import { RenderedInput } from "./rendered-input.tsx";
import { Failure, Loading } from "../../parts/state-views.tsx";
import { fillSandbox, sandboxDraft } from "../../shell/sandbox-draft.ts";

/** Whether an event matches a pattern, and if not, why. */
export function Sandbox() {
  return (
    <Page
      title="Sandbox"
      lead="Whether an event matches a pattern, and what keeps it from that. Worked out in this page, as routers do it."
    >
      {canKeepNumbers() ? (
        <Judged />
      ) : (
        <p class="bad-text">
          This browser would change long numbers, so that its verdict could differ from a router's. Use a newer one, or{" "}
          <code>busbar test-pattern</code>.
        </p>
      )}
    </Page>
  );
}

function Judged() {
  const { event, pattern, bus } = sandboxDraft.value;
  const reads = useReads(event, pattern);
  const { readOfEvent, readOfPattern } = reads;
  return (
    <>
      <PatternAgainstEvent
        event={event}
        pattern={pattern}
        reads={reads}
        onEvent={(text) => fillSandbox({ event: text })}
        onPattern={(text) => fillSandbox({ pattern: text })}
      />
      <AgainstEvents pattern={readOfPattern.ok ? readOfPattern.pattern : undefined} bus={bus} />
      <AgainstRules event={event} isEvent={readOfEvent.ok} />
      <RenderedInput event={event} isEvent={readOfEvent.ok} bus={bus} />
      {readOfPattern.ok && <ForARule pattern={readOfPattern} />}
    </>
  );
}

/** What the rules in force make of the event, which a router says. */
function AgainstRules({ event, isEvent }: { event: string; isEvent: boolean }) {
  const { explained, explain } = useExplanation();
  const { bus } = sandboxDraft.value;
  const isOfThisEvent = explained.is === "answered" && explained.eventJson === event;
  return (
    <section aria-labelledby="all-rules">
      <h2 id="all-rules">Against all rules of a bus</h2>
      <form
        class="form ask-rules"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void explain(event, bus);
        }}
      >
        <label>
          Bus
          <input
            value={bus}
            required
            autoComplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => fillSandbox({ bus: currentTarget.value })}
          />
        </label>
        <button type="submit" disabled={!isEvent || explained.is === "asking"}>
          Ask the rules
        </button>
      </form>
      {explained.is === "asking" && <Loading what="the rules" />}
      {explained.is === "failed" && <Failure problem={explained.problem} />}
      {isOfThisEvent && <Explanation answer={explained.answer} by={explained.by} eventJson={event} />}
      {explained.is === "answered" && !isOfThisEvent && <p class="soft">The event has changed: ask them again.</p>}
    </section>
  );
}

function ForARule({ pattern: { json } }: { pattern: SandboxPattern }) {
  const yaml = useMemo(() => patternYaml(json), [json]);
  return (
    <section aria-labelledby="for-a-rule">
      <div class="section-head">
        <h2 id="for-a-rule">For a rule</h2>
        <CopyButton text={() => `${yaml}\n`}>Copy as YAML</CopyButton>
      </div>
      <pre tabIndex={0} aria-labelledby="for-a-rule" dir="ltr">
        {yaml}
      </pre>
    </section>
  );
}
