import { type EditorState, type Extension, RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, gutterLineClass, GutterMarker } from "@codemirror/view";
import { jsonMistakeAt, tokenEnd } from "../logic/text/json-mistake.ts";

interface Mistake {
  readonly isWrong: boolean;
  /** The wrong token; nothing where the mistake has no place. */
  readonly token: { readonly from: number; readonly to: number } | undefined;
}

const setMistake = StateEffect.define<Mistake>();
const NONE: Mistake = { isWrong: false, token: undefined };

/** The effect that marks a mistake: at the place that is given, else where the text stops being JSON. */
export function markMistake({ doc }: EditorState, isWrong: boolean, at: number | undefined): StateEffect<Mistake> {
  if (!isWrong) return setMistake.of(NONE);
  const text = doc.toString();
  const from = at ?? jsonMistakeAt(text);
  if (from === undefined) return setMistake.of({ isWrong, token: undefined });
  // Behind the end there is nothing to underline: the last character stands for it.
  const start = Math.max(0, Math.min(from, text.length - 1));
  return setMistake.of({ isWrong, token: { from: start, to: Math.min(text.length, tokenEnd(text, start)) } });
}

class WrongLine extends GutterMarker {
  override elementClass = "wrong-line";
}
const WRONG_LINE = new WrongLine();
const WRONG = Decoration.mark({ class: "wrong" });

/** Underlines the mistake, marks its line's number, and says in the field that it is wrong. */
export function mistakeMark(): Extension {
  const field = StateField.define<Mistake>({
    create: () => NONE,
    update(mistake, { effects, changes, startState, newDoc }) {
      for (const effect of effects) if (effect.is(setMistake)) return effect.value;
      const { token } = mistake;
      // Pasted over itself, a text is as wrong as before, and nobody says so anew.
      if (token === undefined || changes.empty || newDoc.eq(startState.doc)) return mistake;
      const moved = { from: changes.mapPos(token.from, 1), to: changes.mapPos(token.to, -1) };
      return { ...mistake, token: moved.from < moved.to ? moved : undefined };
    },
  });
  const underlined = ({ token }: Mistake): DecorationSet =>
    token === undefined || token.from === token.to
      ? Decoration.none
      : Decoration.set([WRONG.range(token.from, token.to)]);
  const numbered = (state: EditorState): RangeSet<GutterMarker> => {
    const { token } = state.field(field);
    return RangeSet.of(token === undefined ? [] : [WRONG_LINE.range(state.doc.lineAt(token.from).from)]);
  };
  return [
    field,
    EditorView.decorations.from(field, underlined),
    gutterLineClass.compute([field, "doc"], numbered),
    EditorView.contentAttributes.of(({ state }) => ({ "aria-invalid": String(state.field(field).isWrong) })),
  ];
}
