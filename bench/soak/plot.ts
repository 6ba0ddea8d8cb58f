import type { Panel } from "./sampling.ts";

const WIDTH = 800;
const PANEL_HEIGHT = 130;
const MARGIN = { left: 64, right: 16, top: 28, bottom: 34 };
/** Between a panel's title and its curve, and between its curve and the next title. */
const TITLE_HEIGHT = 26;

/** Colours that can be read on white and on black; the background is left to the page. */
const GREY = "#7d8590";
const LINES = ["#2f81f7", "#db6d28"];

/**
 * Plots panels below each other over the same time, as a self-contained SVG.
 *
 * @param atSeconds when each value of every series was taken
 */
export function plotSvg(title: string, panels: readonly Panel[], atSeconds: readonly number[]): string {
  const height = MARGIN.top + panels.length * PANEL_HEIGHT + MARGIN.bottom;
  const endSeconds = Math.max(1, ...atSeconds);
  const xOf = (seconds: number): number => MARGIN.left + (seconds / endSeconds) * (WIDTH - MARGIN.left - MARGIN.right);
  const bottom = MARGIN.top + panels.length * PANEL_HEIGHT;
  const minutes = ticks(endSeconds / 60, 6).map(
    (minute) =>
      text(xOf(minute * 60), bottom + 16, String(minute), "middle") +
      line(xOf(minute * 60), bottom - 4, xOf(minute * 60), bottom),
  );
  const body = [
    text(MARGIN.left, 16, title, "start", "bold"),
    ...panels.map((panel, index) => panelSvg(panel, MARGIN.top + index * PANEL_HEIGHT, atSeconds.map(xOf))),
    ...minutes,
    text(WIDTH - MARGIN.right, bottom + 30, "minutes", "end"),
  ];
  const style = `font-family="system-ui, sans-serif" font-size="12" fill="${GREY}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ${style}>\n${body.join("\n")}\n</svg>\n`;
}

/** One panel, its axis from 0, so that a small rise does not look like a large one. */
function panelSvg({ title, series }: Panel, top: number, xs: readonly number[]): string {
  const bottom = top + PANEL_HEIGHT - 4;
  const highest = Math.max(1, ...series.flatMap(({ values }) => values.filter((value) => !Number.isNaN(value))));
  const marks = ticks(highest * 1.05, 3);
  const yOf = (value: number): number => bottom - (value / (highest * 1.05)) * (bottom - top - TITLE_HEIGHT);
  const unit = series[0]?.unit ?? "";
  const grid = marks.map(
    (mark) =>
      line(MARGIN.left, yOf(mark), WIDTH - MARGIN.right, yOf(mark)) +
      text(MARGIN.left - 6, yOf(mark) + 4, String(mark), "end"),
  );
  const legend =
    series.length < 2
      ? []
      : series.map(({ name }, index) =>
          text(WIDTH - MARGIN.right - (series.length - 1 - index) * 70, top + 16, name, "end", "normal", colour(index)),
        );
  const curves = series.map(({ values }, index) => curve(values, xs, yOf, colour(index)));
  return [text(MARGIN.left, top + 16, unit === "" ? title : `${title}, ${unit}`), ...legend, ...grid, ...curves].join(
    "\n",
  );
}

function colour(index: number): string {
  return LINES[index % LINES.length] ?? GREY;
}

/** A missing value is left out, and its neighbours are joined. */
function curve(
  values: readonly number[],
  xs: readonly number[],
  yOf: (value: number) => number,
  stroke: string,
): string {
  const points = values.flatMap((value, index) =>
    Number.isNaN(value) ? [] : [`${round(xs[index] ?? 0)},${round(yOf(value))}`],
  );
  return `<polyline points="${points.join(" ")}" fill="none" stroke="${stroke}" stroke-width="1.5"/>`;
}

/** Round numbers from 0 up to an end, about as many as wanted. */
function ticks(end: number, wanted: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(end / wanted));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => end / each <= wanted + 1) ?? end;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const ends = `x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"`;
  return `<line ${ends} stroke="${GREY}" stroke-opacity="0.35"/>`;
}

function text(x: number, y: number, content: string, anchor = "start", weight = "normal", fill = GREY): string {
  const look = `text-anchor="${anchor}" font-weight="${weight}" fill="${fill}"`;
  return `<text x="${round(x)}" y="${round(y)}" ${look}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
