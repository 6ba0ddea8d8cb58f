import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What a live tail shows, and what it costs a router. */
export const TAP: readonly Mutation[] = [
  ...inFile("src/flow/tap/tap.ts", [
    [
      "this.#readsPayload ? tapped.redacted() : tapped.event.body",
      "tapped.event.body",
      "patterns do not find out secrets",
    ],
    ["const shown = redacted();", "const shown = event.body as Buffer | undefined;", "secrets are not shown"],
    ["  if (event.body.length > BODY_BYTES_MAX) return undefined;\n", "", "a long event is shown without its body"],
    [
      "shown === undefined || shown.length > BODY_BYTES_MAX",
      "shown === undefined",
      "redaction does not make a body too long",
    ],
    ['    if (this.#bytes + bytes > BATCH_BYTES_MAX) return this.#onLost("bytes");\n', "", "a batch has its bound"],
    ["    this.#seen += 1;\n    // A pattern", "    // A pattern", "the bus's events are counted"],
    ["    this.#events = [];\n    this.#bytes = ", "    this.#events = [];\n", "each batch has its room"],
    ["this.#shownInWindow = 0;\n    }", "}", "each second has its own events"],
  ]),
  ...inFile("src/flow/tap/taps.ts", [
    ["this.count >= TAPS_MAX || ", "", "a router holds only so many taps"],
    ["      held.leaseEndsMs = leaseEndsMs;\n", "", "a tap that is asked for again stays"],
    ["      held.address = from;\n", "", "frames follow their asker's address"],
    ["if (nowMs >= held.leaseEndsMs) this.drop(id);\n      else ", "", "a tap ends with its lease"],
    [".filter(([, { tap }]) => tap.request.bus === event.bus)", "", "a tap shows the events of its bus alone"],
    ["if (served.length < ofBus.length) ", "if (served.length > ofBus.length) ", "time goes to each tap in its turn"],
    ["held.isSending || ", "", "one frame is on its way at once"],
    ['      this.#lost("refused", frame.shown);\n', "", "what the broker refuses is counted"],
  ]),
  ...inFile("src/flow/tap/live-tails.ts", [
    [
      "if (this.#asked.delete(id)) this.#broadcast",
      "if (!this.#asked.delete(id)) this.#broadcast",
      "a tap ends with its reader",
    ],
    ['entries.filter(({ outcome }) => outcome === "accepted")', "entries", "what was refused is not shown"],
  ]),
];
