import type { Redaction } from "../../../domain/journal/journal-config.ts";
import { INITIAL_REDACTION } from "../../../domain/journal/journal-config.ts";
import { isJson } from "../../../json/is-json.ts";
import { redact } from "../../../text/redact.ts";
import { createRedactor } from "../redact.ts";

/** In place of a line. */
const TOO_DEEP = "***";

/**
 * Takes secrets out of lines: user and password of every URL, and of a line that is a JSON object the members that the
 * journal takes out of events. Nothing is known of other text.
 */
export class LineRedaction {
  #redaction: Redaction = INITIAL_REDACTION;
  #redactJson = createRedactor(INITIAL_REDACTION);

  /** @param redaction of the journal's section; undefined where there is none. */
  follow(redaction: Redaction = INITIAL_REDACTION): void {
    if (redaction === this.#redaction) return;
    this.#redaction = redaction;
    this.#redactJson = createRedactor(redaction);
  }

  of(text: string): string {
    if (!text.startsWith("{")) return redact(text);
    const json = Buffer.from(text);
    const shown = this.#redactJson(json);
    if (shown !== undefined) return redact(shown.toString());
    // JSON that is too deep to be looked through may hold any secret. What only begins as JSON is other text.
    return isJson(json) ? TOO_DEEP : redact(text);
  }
}
