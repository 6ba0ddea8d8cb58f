import type { Judgement } from "./judge.ts";

export interface Run {
  readonly commit: string;
  readonly seeds: number;
}

/** Prints a run as the tables in docs/mutation.md. */
export function printReport(judgements: readonly Judgement[], { commit, seeds }: Run): void {
  const minutes = judgements.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const date = new Date().toISOString().slice(0, 10);
  console.log(`${date}, commit ${commit}, ${seeds} seeds of the simulation, ${minutes.toFixed(0)} minutes\n`);
  console.log(
    "| area | mutations | killed by unit tests | by the simulation | by contract and integration tests | survive |",
  );
  console.log("| --- | --- | --- | --- | --- | --- |");
  const areas = Map.groupBy(judgements, ({ area }) => area);
  for (const [area, ones] of areas) console.log(row(area, ones));
  console.log(row("together", judgements));
  console.log(`\n${killedShare(judgements)} % are killed. These survive:\n`);
  for (const { mutation, killedBy } of judgements) {
    if (killedBy === undefined)
      console.log(`- ${mutation.file}: ${mutation.loses}\n  ${mutation.from}\n  ${mutation.to}`);
  }
}

function row(name: string, judgements: readonly Judgement[]): string {
  const by = (fits: (killedBy: string) => boolean): number =>
    judgements.filter(({ killedBy }) => killedBy !== undefined && fits(killedBy)).length;
  const unit = by((name) => name.startsWith("unit tests"));
  const simulation = by((name) => name.startsWith("simulation"));
  const others = by(() => true) - unit - simulation;
  const survive = judgements.length - unit - simulation - others;
  return `| ${[name, judgements.length, unit, simulation, others, survive].join(" | ")} |`;
}

function killedShare(judgements: readonly Judgement[]): number {
  const killed = judgements.filter(({ killedBy }) => killedBy !== undefined).length;
  return Math.floor((killed / judgements.length) * 100);
}
