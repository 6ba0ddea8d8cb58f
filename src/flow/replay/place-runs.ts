/** A part of an archive: the places from one up to another, which is left out. */
export interface PlaceRun {
  readonly from: number;
  readonly to: number;
}

/** What beginning to read at a place costs, in places that could be read meanwhile: on RabbitMQ, of 250 messages. */
const BEGIN_PLACES = 4_000;
/** Parts that a minute's events are noted in: the usual one, and some for what came late. */
const RUNS_MAX = 4;

/** Where the events of one minute are in an archive, in a bounded number of parts. Places are added in ascending order. */
export class PlaceRuns {
  readonly #runs: { from: number; to: number }[] = [];

  add(position: number): void {
    const last = this.#runs.at(-1);
    if (last !== undefined && position - last.to <= BEGIN_PLACES) {
      last.to = position + 1;
      return;
    }
    this.#runs.push({ from: position, to: position + 1 });
    if (this.#runs.length > RUNS_MAX) this.#joinNearest();
  }

  get runs(): readonly PlaceRun[] {
    return this.#runs;
  }

  #joinNearest(): void {
    let nearest = 1;
    const gap = (at: number): number => (this.#runs[at]?.from ?? Infinity) - (this.#runs[at - 1]?.to ?? 0);
    for (let at = 2; at < this.#runs.length; at += 1) if (gap(at) < gap(nearest)) nearest = at;
    const [later] = this.#runs.splice(nearest, 1);
    const earlier = this.#runs[nearest - 1];
    if (later !== undefined && earlier !== undefined) earlier.to = later.to;
  }
}

/** The parts of both, in order. Those that lie so near that reading on is cheaper than beginning anew become one. */
export function joinedRuns(one: readonly PlaceRun[], other: readonly PlaceRun[]): readonly PlaceRun[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of [...one, ...other].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last !== undefined && from - last.to <= BEGIN_PLACES) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

/** What reading these parts costs, in places. */
export function costOf(runs: readonly PlaceRun[]): number {
  return runs.reduce((sum, { from, to }) => sum + (to - from) + BEGIN_PLACES, 0);
}
