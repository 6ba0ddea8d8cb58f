import { useMemo } from "preact/hooks";
import type { Miss } from "../../../../src/pattern/explain/explain.ts";
import {
  fieldMarks,
  missesIn,
  readEvent,
  readPattern,
  type FieldMark,
  type Read,
  type SandboxPattern,
} from "../../logic/event/sandbox.ts";
import { Chip } from "../../parts/chip.tsx";
import { JsonField } from "../../parts/form/json-field.tsx";
import { Misses } from "../../parts/event/misses.tsx";

/** An event and a pattern as they were read, or what keeps them from it. */
export function useReads(event: string, pattern: string) {
  const readOfEvent = useMemo(() => readEvent(event), [event]);
  const readOfPattern = useMemo(() => readPattern(pattern), [pattern]);
  return { readOfEvent, readOfPattern };
}

interface PatternAgainstEventProps {
  readonly event: string;
  readonly pattern: string;
  readonly reads: ReturnType<typeof useReads>;
  readonly onEvent: (text: string) => void;
  readonly onPattern: (text: string) => void;
}

/** Both in fields side by side, and whether the event matches the pattern, worked out at each key. */
export function PatternAgainstEvent({ event, pattern, reads, onEvent, onPattern }: PatternAgainstEventProps) {
  const { readOfEvent, readOfPattern } = reads;
  const misses = useMemo(
    () => (readOfEvent.ok && readOfPattern.ok ? missesIn(readOfPattern.pattern, readOfEvent.event) : undefined),
    [readOfEvent, readOfPattern],
  );
  const marks = useMemo(
    () => (readOfEvent.ok && readOfPattern.ok ? fieldMarks(readOfPattern.pattern, readOfEvent.event) : []),
    [readOfEvent, readOfPattern],
  );
  return (
    <>
      <div class="form sandbox">
        <SandboxField name="Event" value={event} read={readOfEvent} marks={marks} onInput={onEvent} />
        <SandboxField name="Pattern" value={pattern} read={readOfPattern} marks={marks} onInput={onPattern} />
      </div>
      <section aria-labelledby="verdict">
        <h2 id="verdict">Verdict</h2>
        <Verdict misses={misses} />
        {readOfPattern.ok && <Warnings warnings={readOfPattern.warnings} />}
      </section>
    </>
  );
}

interface SandboxFieldProps {
  readonly name: "Event" | "Pattern";
  readonly value: string;
  readonly read: Read<object>;
  readonly marks: readonly FieldMark[];
  readonly onInput: (text: string) => void;
}

function SandboxField({ name, value, read, marks, onInput }: SandboxFieldProps) {
  const mistakeId = `${name.toLowerCase()}-mistake`;
  return (
    <div>
      <JsonField
        label={name}
        value={value}
        rows={12}
        isWrong={!read.ok}
        mistakeAt={read.ok ? undefined : read.at}
        mistakeId={mistakeId}
        isFilter={name === "Pattern"}
        onInput={onInput}
      />
      <p id={mistakeId} class="bad-text" role="status">
        {read.ok ? "" : `The ${name.toLowerCase()} ${read.reason}`}
      </p>
      <Marks name={name} marks={marks} />
    </div>
  );
}

/** The pattern's fields below both editors: what the event has, and what the pattern asks for. */
function Marks({ name, marks }: Pick<SandboxFieldProps, "name" | "marks">) {
  if (marks.length === 0) return null;
  return (
    <ul class="marks" aria-label={name === "Event" ? "Fields as they are" : "Fields as they are asked for"}>
      {marks.map(({ field, holds, expected, found }) => (
        <li key={field} class={holds ? "good-text" : "bad-text"}>
          <span aria-hidden="true">{holds ? "✓" : "✕"}</span>
          <span class="unseen">{holds ? "fits: " : "does not fit: "}</span> <code>{field}</code>{" "}
          {name === "Event" ? found.join(", ") || "is missing" : expected.join(" or ")}
        </li>
      ))}
    </ul>
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
