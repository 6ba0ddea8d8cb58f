import { useState } from "preact/hooks";

const SAID_FOR_MS = 2_000;

/** Copies a text. Where the browser does not allow it, the text is selected in a box instead. */
export function CopyButton({ text, children }: { text: () => string; children: string }) {
  const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setState("copied");
      setTimeout(() => setState("ready"), SAID_FOR_MS);
    } catch {
      setState("refused");
    }
  };
  return (
    <>
      {/* In a form, a button without a type would send it. */}
      <button type="button" onClick={() => void copy()}>
        {state === "copied" ? "Copied" : children}
      </button>
      <span class="unseen" role="status">
        {state === "copied" ? "Copied" : ""}
      </span>
      {state === "refused" && (
        <textarea
          aria-label={`${children}: the text`}
          readOnly
          rows={4}
          value={text()}
          onFocus={(e) => e.currentTarget.select()}
        />
      )}
    </>
  );
}
