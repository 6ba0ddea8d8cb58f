import type { ComponentChildren } from "preact";
import type { Problem } from "../../api/problem.ts";
import type { Tone } from "../../logic/text/words.ts";
import { visibleText } from "../../logic/text/visible-text.ts";
import { Chip } from "../../parts/chip.tsx";
import { Failure } from "../../parts/state-views.tsx";

interface CallResultProps {
  /** What is being waited for, or how it ended; undefined before the first call. */
  readonly status: string | Verdict | undefined;
  readonly problem: Problem | undefined;
  readonly children: ComponentChildren;
}

/** How a call ended, in a word and a sentence. */
interface Verdict {
  readonly tone: Tone;
  readonly word: string;
  readonly sentence: string;
}

/** What comes of a call, as it comes. */
export function CallResult({ status, problem, children }: CallResultProps) {
  return (
    <section aria-labelledby="result" hidden={status === undefined && problem === undefined}>
      <h2 id="result">Result</h2>
      <p role="status">
        {typeof status === "object" ? (
          <>
            <Chip tone={status.tone}>{status.word}</Chip> {visibleText(status.sentence)}
          </>
        ) : (
          status
        )}
      </p>
      {problem && <Failure problem={problem} />}
      {children}
    </section>
  );
}

/** The lines that a function wrote while it was called. */
export function CallLog({ text, leftOut }: { readonly text: string; readonly leftOut?: string | undefined }) {
  return (
    <>
      <h3>Its log</h3>
      {text === "" && (
        <p class="soft">
          No line is known. Routers read the lines of local processes only; look for its request id where the function's
          log is kept.
        </p>
      )}
      {leftOut !== undefined && <p class="soft">{leftOut}</p>}
      {text !== "" && (
        <pre tabIndex={0} aria-label="Its log" dir="ltr">
          {visibleText(text)}
        </pre>
      )}
    </>
  );
}
