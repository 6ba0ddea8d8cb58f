import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { markMistake, mistakeMark } from "./mistake-mark.ts";
import { COLOURS, THEME } from "./theme.ts";

/** An editor of a JSON text. Its mistake is shown by whoever holds it; here it is marked. */
export interface JsonEditor {
  /** Replaces the text, unless it is the text. */
  setText(text: string): void;
  /** Marks a mistake at an index into the text; undefined for none that has a place. */
  setMistake(isWrong: boolean, at: number | undefined): void;
  /** Focuses the text, and selects a part of it. */
  focus(selection?: { readonly from: number; readonly to: number }): void;
  destroy(): void;
}

export interface JsonEditorOptions {
  readonly label: string;
  readonly text: string;
  /** Elements outside the editor that say more about it. */
  readonly describedBy: readonly Element[];
  readonly onInput: (text: string) => void;
}

/**
 * Opens an editor in an element. It lives in a shadow root: there CodeMirror's styles are adopted sheets, which the page's
 * policy lets pass, while a `<style>` in the document would be refused. Tokens of the page's style reach into it.
 */
export function openJsonEditor(host: HTMLElement, options: JsonEditorOptions): JsonEditor {
  const { label, text, describedBy, onInput } = options;
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
  let known = text;
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        // Shows characters that turn the direction of a text, and others that nobody sees.
        highlightSpecialChars(),
        drawSelection(),
        highlightActiveLine(),
        json(),
        bracketMatching(),
        indentOnInput(),
        indentUnit.of("  "),
        COLOURS,
        THEME,
        mistakeMark(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        EditorView.domEventHandlers({ beforeinput: replaceSelection }),
        keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (!docChanged) return;
          const typed = state.doc.toString();
          if (typed === known) return;
          known = typed;
          onInput(typed);
        }),
      ],
    }),
  });
  view.contentDOM.ariaDescribedByElements = describedBy;
  // The text is what gets the focus, and not what scrolls it.
  view.scrollDOM.removeAttribute("tabindex");
  return {
    setText(wanted) {
      if (wanted === known) return;
      known = wanted;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: wanted } });
    },
    setMistake: (isWrong, at) => view.dispatch({ effects: markMistake(view.state, isWrong, at) }),
    focus(selection) {
      view.focus();
      if (selection) view.dispatch({ selection: { anchor: selection.from, head: selection.to } });
    },
    destroy: () => view.destroy(),
  };
}

/**
 * Puts what is typed in the place of what is selected. Chromium would keep the colour of the old text by an inline style, which
 * the page's policy blocks and reports.
 */
function replaceSelection({ data, inputType }: InputEvent, view: EditorView): boolean {
  const isTyped = inputType === "insertText" && data !== null && !view.composing;
  if (!isTyped || view.state.selection.main.empty) return false;
  view.dispatch(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
  return true;
}
