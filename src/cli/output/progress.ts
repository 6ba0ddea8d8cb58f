const BAR_CHARACTERS = 30;
/** Lines of a progress that nobody watches. */
const LINE_EVERY_MS = 5_000;

/** Shows how far something is. */
export interface Progress {
  reached(count: number): void;
  /** Nothing more is shown: other output may follow. */
  end(): void;
}

/** A bar that is drawn anew in its place on a terminal, and a line every few seconds anywhere else. */
export function createProgress(total: number, output: NodeJS.WriteStream, nowMs: () => number): Progress {
  const startedAtMs = nowMs();
  if (!output.isTTY) return createLines(total, output, nowMs);
  const draw = (count: number): void => {
    const seconds = (nowMs() - startedAtMs) / 1_000;
    output.write(`\r${progressBar(count, total)}  ${rate(count, seconds)}\x1b[K`);
  };
  draw(0);
  return { reached: draw, end: () => void output.write("\n") };
}

function createLines(total: number, output: NodeJS.WriteStream, nowMs: () => number): Progress {
  let toldAtMs = nowMs();
  return {
    reached: (count) => {
      if (nowMs() - toldAtMs < LINE_EVERY_MS) return;
      toldAtMs = nowMs();
      output.write(`${count} of ${total} redriven\n`);
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
