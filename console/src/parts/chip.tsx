import type { DeliveryState, EventOutcome } from "../../../src/admin-api/history/history.ts";
import { STATES, type Tone } from "../logic/text/words.ts";

const SIGNS: Readonly<Record<Tone, string>> = { good: "✓", bad: "✕", warn: "↻", idle: "–" };

/** A word with a sign and a colour: the word alone says it. */
export function Chip({ tone, children, title }: { tone: Tone; children: string; title?: string }) {
  return (
    <span class={`chip ${tone}`} title={title}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}

export function StateChip({ state }: { state: DeliveryState | EventOutcome }) {
  const { tone, word, meaning } = STATES[state];
  return (
    <Chip tone={tone} title={meaning}>
      {word}
    </Chip>
  );
}
