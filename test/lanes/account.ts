import type { Ended } from "./job.ts";

const SLOWEST = 10;

/** One line for a job that has ended, and one for each failure in it. */
export function endedLines({ job, seconds, cpuSecondsOfAll, passed, skipped, failures }: Ended): string {
  const counts = job.files.length === 0 ? "" : `${passed} passed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
  const cpu = Number.isNaN(cpuSecondsOfAll) ? "" : ` ${inSeconds(cpuSecondsOfAll)} CPU`;
  const times = `${inSeconds(seconds)}${cpu}`;
  const line = `${failures.length === 0 ? "✔" : "✖"} ${times}  ${job.name}  ${counts}`;
  return [line.trimEnd(), ...failures.map((failure) => `    ✖ ${failure.name}: ${firstLine(failure.error)}`)].join(
    "\n",
  );
}

/** The end of a run: every failure in full, the slowest files, and the total. */
export function summary(all: readonly Ended[], seconds: number): string {
  const failures = all.flatMap((ended) => ended.failures);
  const sum = (count: (ended: Ended) => number): number => all.reduce((total, ended) => total + count(ended), 0);
  // On a machine without /proc nobody knows it.
  const cpuSeconds = sum(({ cpuSecondsOfAll }) => cpuSecondsOfAll);
  const slowest = all.flatMap(({ secondsOf }) => [...secondsOf]).sort(([, one], [, other]) => other - one);
  const dearest = all.toSorted((one, other) => other.cpuSecondsOfAll - one.cpuSecondsOfAll);
  const dearestLines = dearest
    .slice(0, SLOWEST)
    .map(({ job, cpuSecondsOfAll }) => ` ${inSeconds(cpuSecondsOfAll)}  ${job.name}`);
  return [
    ...failures.map((failure) => `\n✖ ${failure.file}\n  ${failure.name}\n${indented(failure.error)}`),
    "\nThe slowest:",
    ...slowest.slice(0, SLOWEST).map(([file, took]) => ` ${inSeconds(took)}  ${file}`),
    ...(Number.isNaN(cpuSeconds)
      ? []
      : [`\nMost CPU time, of ${inSeconds(cpuSeconds).trim()} in all:`, ...dearestLines]),
    `\n${sum(({ passed }) => passed)} tests passed, ${failures.length} failed, ` +
      `${sum(({ skipped }) => skipped)} skipped, in ${seconds.toFixed(0)} s`,
  ].join("\n");
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1).padStart(6)} s`;
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim() !== "") ?? "";
}

function indented(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "    ");
}
