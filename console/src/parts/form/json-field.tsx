import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { JsonEditor, openJsonEditor } from "../../editor/json-editor.ts";

interface JsonFieldProps {
  readonly label: string;
  readonly value: string;
  /** How many lines it is high at least. */
  readonly rows: number;
  readonly isWrong: boolean;
  /** Where it is wrong, an index into the text; undefined for where it stops being JSON, if it does. */
  readonly mistakeAt?: number | undefined;
  /** The element that says what is wrong. */
  readonly mistakeId: string;
  /** Whether `/` leads here. */
  readonly isFilter?: boolean;
  readonly onInput: (text: string) => void;
}

type OpenEditor = typeof openJsonEditor;

/** Twice as large as the rest of the page: it is loaded when a page with a field for JSON is opened. */
let known: OpenEditor | undefined;

async function load(): Promise<OpenEditor> {
  return (known = (await import("../../editor/json-editor.ts")).openJsonEditor);
}

/** A field for JSON: a plain one at first, and an editor once that is loaded. */
export function JsonField(props: JsonFieldProps) {
  const { label, value, rows, isWrong, mistakeAt, mistakeId, isFilter = false, onInput } = props;
  const hintId = useId();
  const plain = useRef<HTMLTextAreaElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<JsonEditor>(undefined);
  const newest = useRef(onInput);
  newest.current = onInput;
  const [{ open, selection }, setLoaded] = useState<Loaded>({ open: known });

  useEffect(() => {
    let isGone = false;
    const use = (loaded: OpenEditor) => {
      if (!isGone) setLoaded({ open: loaded, selection: plain.current ? selectionIn(plain.current) : undefined });
    };
    // Where it cannot be loaded, the plain field does.
    if (open === undefined) void load().then(use, () => undefined);
    return () => {
      isGone = true;
    };
  }, []);
  // Before the browser paints: what is typed meanwhile goes on in the editor.
  useLayoutEffect(() => {
    if (open === undefined || host.current === null) return;
    const describedBy = [hintId, mistakeId].flatMap((id) => document.getElementById(id) ?? []);
    const opened = open(host.current, { label, text: value, describedBy, onInput: (text) => newest.current(text) });
    if (selection) opened.focus(selection);
    editor.current = opened;
    return () => opened.destroy();
  }, [open]);
  useLayoutEffect(() => editor.current?.setText(value), [open, value]);
  useLayoutEffect(() => editor.current?.setMistake(isWrong, mistakeAt), [open, value, isWrong, mistakeAt]);

  const filter = isFilter ? { "data-filter": true } : {};
  return (
    <div class="json-field" style={{ "--rows": rows }}>
      {open === undefined ? (
        <label>
          {label}
          <textarea
            ref={plain}
            rows={rows}
            value={value}
            spellcheck={false}
            aria-invalid={isWrong}
            aria-describedby={mistakeId}
            {...filter}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
        </label>
      ) : (
        <>
          <div class="json-label" onClick={() => editor.current?.focus()}>
            {label}
            <span id={hintId} class="soft">
              Escape, then Tab leaves the editor
            </span>
          </div>
          <div ref={host} {...filter} />
        </>
      )}
    </div>
  );
}

interface Selection {
  readonly from: number;
  readonly to: number;
}

interface Loaded {
  readonly open: OpenEditor | undefined;
  /** What was selected in the plain field, where that had the focus. */
  readonly selection?: Selection | undefined;
}

function selectionIn(field: HTMLTextAreaElement): Selection | undefined {
  if (field !== document.activeElement) return undefined;
  return { from: field.selectionStart, to: field.selectionEnd };
}
