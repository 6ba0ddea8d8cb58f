import { useMemo } from "preact/hooks";
import type { Miss } from "../../../src/pattern/explain/explain.ts";
import { useExplanation } from "../api/use-explanation.ts";
import { canKeepNumbers, missesIn, readEvent, readPattern, type Read, type SandboxPattern } from "../logic/sandbox.ts";
import { patternYaml } from "../logic/yaml.ts";
import { Chip } from "../parts/chip.tsx";
import { CopyButton } from "../parts/copy.tsx";
import { Explanation } from "../parts/explanation.tsx";
import { Misses } from "../parts/misses.tsx";
import { Page } from "../parts/page.tsx";
import { Failure, Loading } from "../parts/state-views.tsx";
import { fillSandbox, sandboxDraft } from "../shell/sandbox-draft.ts";

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
  const { event, pattern } = sandboxDraft.value;
  const readOfEvent = useMemo(() => readEvent(event), [event]);
  const readOfPattern = useMemo(() => readPattern(pattern), [pattern]);
  const misses = useMemo(
    () => (readOfEvent.ok && readOfPattern.ok ? missesIn(readOfPattern.pattern, readOfEvent.event) : undefined),
    [readOfEvent, readOfPattern],
  );
  return (
    <>
      <div class="form sandbox">
        <JsonField name="Event" value={event} read={readOfEvent} onInput={(text) => fillSandbox({ event: text })} />
        <JsonField
          name="Pattern"
          value={pattern}
          read={readOfPattern}
          onInput={(text) => fillSandbox({ pattern: text })}
        />
      </div>
      <section aria-labelledby="verdict">
        <h2 id="verdict">Verdict</h2>
        <Verdict misses={misses} />
        {readOfPattern.ok && <Warnings warnings={readOfPattern.warnings} />}
      </section>
      <AgainstRules event={event} isEvent={readOfEvent.ok} />
      {readOfPattern.ok && <ForARule pattern={readOfPattern} />}
    </>
  );
}

interface JsonFieldProps {
  readonly name: "Event" | "Pattern";
  readonly value: string;
  readonly read: Read<object>;
  readonly onInput: (text: string) => void;
}

function JsonField({ name, value, read, onInput }: JsonFieldProps) {
  const mistakeId = `${name.toLowerCase()}-mistake`;
  return (
    <div>
      <label>
        {name}
        <textarea
          rows={12}
          value={value}
          spellcheck={false}
          aria-invalid={!read.ok}
          aria-describedby={mistakeId}
          {...(name === "Pattern" ? { "data-filter": true } : {})}
          onInput={({ currentTarget }) => onInput(currentTarget.value)}
        />
      </label>
      <p id={mistakeId} class="bad-text" role="status">
        {read.ok ? "" : `The ${name.toLowerCase()} ${read.reason}`}
      </p>
    </div>
  );
}

function Verdict({ misses }: { misses: readonly Miss[] | "too costly" | undefined }) {
  return (
    <>
      <p role="status">
        {misses === undefined && <span class="soft">There is none before both can be read.</span>}
        {misses === "too costly" && "It takes too many steps to find out: shorten the lists of the event."}
        {typeof misses === "object" && (
          <>
            <Chip tone={misses.length === 0 ? "good" : "bad"}>{misses.length === 0 ? "matched" : "not matched"}</Chip>{" "}
            {misses.length === 0
              ? "The event matches the pattern."
              : `The event does not match the pattern, because of ${misses.map(({ field }) => field).join(", ")}.`}
          </>
        )}
      </p>
      {typeof misses === "object" && misses.length > 0 && (
        <ul class="misses">
          <Misses misses={misses} />
        </ul>
      )}
    </>
  );
}

function Warnings({ warnings }: Pick<SandboxPattern, "warnings">) {
  if (warnings.length === 0) return null;
  return (
    <ul class="warnings">
      {warnings.map((warning) => (
        <li key={warning}>
          <Chip tone="warn">warning</Chip> The pattern {warning}.
        </li>
      ))}
    </ul>
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
      {isOfThisEvent && <Explanation answer={explained.answer} eventJson={event} />}
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
