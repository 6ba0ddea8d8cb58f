/**
 * A text as an HTTP header takes it: percent-encoded where it is not plain ASCII, as CloudEvents' HTTP binding has it
 * (version 1.0.2, section 3.1.3.2). Ids that routers make stay as they are; a caller's may be anything.
 */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[^\x21-\x7e]|["%]/gu, encodeURIComponent);
}
