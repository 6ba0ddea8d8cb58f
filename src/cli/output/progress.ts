/** What progress is written to: standard error. */
type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean };

const BAR_CHARACTERS = 30;
/** How often a line is printed where nobody watches. */
const LINE_EVERY_MS = 5_000;

/** Shows the progress of a job. */
export interface Progress {
  reached(count: number): void;
  /** Ends the bar: other output may follow. */
  end(): void;
}

/**
 * On a terminal a bar that is drawn in its place; anywhere else a line every five seconds.
 *
 * @param total undefined where nobody knows.
 */
export function createProgress(total: number | undefined, output: Screen, nowMs: () => number): Progress {
  const startedAtMs = nowMs();
  if (!output.isTTY) return createLines(total, output, nowMs);
  const draw = (count: number): void => {
    const seconds = (nowMs() - startedAtMs) / 1_000;
    const shown = total === undefined ? `${count} done` : progressBar(count, total);
    output.write(`\r${shown}  ${rate(count, seconds)}\x1b[K`);
  };
  draw(0);
  return { reached: draw, end: () => void output.write("\n") };
}

function createLines(total: number | undefined, output: Screen, nowMs: () => number): Progress {
  let printedAtMs = nowMs();
  return {
    reached: (count) => {
      if (nowMs() - printedAtMs < LINE_EVERY_MS) return;
      printedAtMs = nowMs();
      output.write(total === undefined ? `${count} done\n` : `${count} of ${total} done\n`);
    },
    end: () => undefined,
  };
}

/** `[######                        ]  20 %  100 of 500`. More may come than were counted. */
export function progressBar(count: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, count / total);
  const filled = Math.floor(share * BAR_CHARACTERS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${"#".repeat(filled).padEnd(BAR_CHARACTERS)}] ${percent} %  ${count} of ${total}`;
}

function rate(count: number, seconds: number): string {
  return seconds < 1 ? "" : `${Math.round(count / seconds)}/s`;
}
