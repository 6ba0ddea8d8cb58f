import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The colours of JSON's parts, from the page's tokens: both themes have them. */
export const COLOURS = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.propertyName, color: "var(--accent)" },
    { tag: tags.string, color: "var(--good)" },
    { tag: tags.number, color: "var(--warn)" },
    { tag: [tags.bool, tags.null], color: "var(--warn)", fontWeight: "600" },
    { tag: [tags.brace, tags.squareBracket, tags.separator], color: "var(--ink-soft)" },
  ]),
);

export const THEME = EditorView.theme({
  "&": {
    color: "var(--ink)",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    fontSize: "var(--text)",
    fontWeight: "400",
  },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": {
    fontFamily: "var(--mono)",
    lineHeight: "1.45",
    maxHeight: "36rem",
    borderRadius: "inherit",
  },
  ".cm-content, .cm-gutter": { minHeight: "calc(var(--rows) * 1.45em + 0.5rem)" },
  ".cm-content": { padding: "0.25rem 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--ink-soft)", backgroundColor: "var(--sunken)", border: "none" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--accent-soft)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)", color: "var(--bad)" },
  ".cm-specialChar": { color: "var(--bad)" },
  ".wrong": { textDecoration: "underline wavy var(--bad)", backgroundColor: "var(--bad-soft)" },
  ".wrong-line": { color: "var(--bad)", backgroundColor: "var(--bad-soft)", fontWeight: "700" },
});
