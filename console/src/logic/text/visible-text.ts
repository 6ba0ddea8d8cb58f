/** What would reorder the text around it, and halves of a character. */
const UNSEEN = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** The text with such characters as JSON escapes, so that nothing looks like something else. */
export function visibleText(text: string): string {
  return text.replaceAll(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JSON indented; any other text as it is, and JSON too whose numbers would be changed by being parsed. */
export function shownPayload(text: string): string {
  return visibleText(indented(text));
}

function indented(text: string): string {
  try {
    return /\d{16}/.test(text) ? text : JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
