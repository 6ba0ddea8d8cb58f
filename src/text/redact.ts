/** What comes before a URL's authority, and what stands for the user and password in it. */
export const MARK = "://";
export const HIDDEN = "***";

/** What ends a URL's authority: the part that may hold a user and a password, and holds the host. */
const AUTHORITY_ENDS: ReadonlySet<string> = new Set(["/", "?", "#", " "]);

/**
 * Takes the user and password out of every URL in a text: up to the last `@` before the host ends. Reads each character
 * once or twice, whatever the text is.
 *
 * @param isCut whether the text went on. Of an authority that the cut fell into nobody knows whether it holds a
 *   password, so all of it is taken out.
 */
export function redact(text: string, isCut = false): string {
  let shown = "";
  let shownTo = 0;
  for (let at = text.indexOf(MARK); at !== -1;) {
    const start = at + MARK.length;
    const { end, lastAt } = readAuthority(text, start);
    const secretEnd = isCut && end === text.length ? end : lastAt;
    if (secretEnd > start) {
      shown += text.slice(shownTo, start) + HIDDEN;
      shownTo = secretEnd;
    }
    // In a list of URLs, the colon of the next one's scheme is the last character of this authority.
    at = text.indexOf(MARK, end - 1);
  }
  return shownTo === 0 ? text : shown + text.slice(shownTo);
}

/** Where the URL begins whose authority a text ends in, at its `://` or a part of that; -1 when it ends in none. */
export function openAuthority(text: string): number {
  const at = text.lastIndexOf(MARK);
  if (at !== -1 && readAuthority(text, at + MARK.length).end === text.length) return at;
  const part = [":/", ":"].find((beginning) => text.endsWith(beginning));
  return part === undefined ? -1 : text.length - part.length;
}

function readAuthority(text: string, start: number): { readonly end: number; readonly lastAt: number } {
  let lastAt = -1;
  let end = start;
  for (; end < text.length && !AUTHORITY_ENDS.has(text.charAt(end)); end++) if (text[end] === "@") lastAt = end;
  return { end, lastAt };
}
