import { useState } from "preact/hooks";
import { bytesText } from "../../logic/text/numbers.ts";
import { shownPayload, visibleText } from "../../logic/text/visible-text.ts";

/** Longer texts are not laid out before somebody asks for them. */
const SHOWN_CHARACTERS = 200 * 1024;
const FIRST_CHARACTERS = 2_000;

/** JSON is indented; any other text stays as it is. It is always a text node: nothing in it is markup. */
export function Payload({ text, label }: { text: string; label: string }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > SHOWN_CHARACTERS;
  return (
    <figure class="payload">
      <figcaption>
        {label} <span class="soft number">{bytesText(new TextEncoder().encode(text).length)}</span>
      </figcaption>
      <pre tabIndex={0} aria-label={label} dir="ltr">
        {isLong ? visibleText(isWhole ? text : `${text.slice(0, FIRST_CHARACTERS)} …`) : shownPayload(text)}
      </pre>
      {isLong && !isWhole && <button onClick={() => setWhole(true)}>Show all of it</button>}
    </figure>
  );
}
