const ENCODER = new TextEncoder();

/** The longest beginning of a text that takes at most so many bytes in UTF-8. No character is cut in two. */
export function cutText(text: string, bytesMax: number): string {
  // No UTF-16 unit takes more than three bytes, so most texts need no counting.
  if (text.length * 3 <= bytesMax) return text;
  // None takes less than one, so what comes after so many is never read.
  const beginning = text.slice(0, bytesMax);
  const { read } = ENCODER.encodeInto(beginning, new Uint8Array(bytesMax));
  return read === text.length ? text : text.slice(0, read);
}
