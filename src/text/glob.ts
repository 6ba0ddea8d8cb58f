/**
 * Whether a text fits a pattern of IAM: `*` stands for any characters, none too, `?` for one. It looks back to the last
 * `*` only, so that no pattern takes longer than its length times the text's.
 */
export function fitsGlob(pattern: string, text: string): boolean {
  if (pattern === "*") return true;
  let [at, inPattern] = [0, 0];
  let [star, resumeAt] = [-1, 0];
  while (at < text.length) {
    const wanted = pattern[inPattern];
    if (wanted === "*") {
      star = inPattern++;
      resumeAt = at;
    } else if (wanted === "?" || wanted === text[at]) {
      inPattern++;
      at++;
    } else if (star !== -1) {
      inPattern = star + 1;
      at = ++resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern++;
  return inPattern === pattern.length;
}
