/** Which numbers a field of a cron expression may have. */
export interface FieldRange {
  /** In messages: `hours`. */
  readonly noun: string;
  readonly min: number;
  readonly max: number;
  /** Whether a range may go past the end: the hours `20-2` are 20 to 23 and 0 to 2. */
  readonly wraps: boolean;
  /** What the numbers are called, beginning with `min`. Capitals; either case is read. */
  readonly names?: readonly string[];
}

export type FieldRead =
  { readonly ok: true; readonly values: readonly number[] } | { readonly ok: false; readonly reason: string };

/** Reads a list of values, ranges and steps: `0`, `MON-FRI`, `0/15`, `*`, `1-5/2,8`. */
export function parseField(text: string, range: FieldRange): FieldRead {
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const read = parseItem(item, range);
    if (!read.ok) return read;
    for (const value of read.values) values.add(value);
  }
  return { ok: true, values: [...values].sort((a, b) => a - b) };
}

/** A number of the field, or the name of one; undefined for any other text. */
export function fieldValue(text: string, { min, max, names = [] }: FieldRange): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return min + named;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function parseItem(item: string, range: FieldRange): FieldRead {
  const [span = "", stepText, ...more] = item.split("/");
  const step = stepText === undefined ? 1 : stepOf(stepText, range);
  const ends = endsOf(span, range, stepText !== undefined);
  if (step === undefined || ends === undefined || more.length > 0) return wrong(item, range);
  const [first, last] = ends;
  const size = range.max - range.min + 1;
  const length = last >= first ? last - first : last + size - first;
  const values: number[] = [];
  for (let at = 0; at <= length; at += step) values.push(range.min + ((first - range.min + at) % size));
  return { ok: true, values };
}

/** `5/15` is every 15 from 5 to the end of the range. */
function endsOf(span: string, range: FieldRange, isStepped: boolean): readonly [number, number] | undefined {
  if (span === "*") return [range.min, range.max];
  const [from = "", to, ...more] = span.split("-");
  const first = fieldValue(from, range);
  const last = to === undefined ? (isStepped ? range.max : first) : fieldValue(to, range);
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  return last >= first || range.wraps ? [first, last] : undefined;
}

/** A step of 0 never ends, and one over the whole range is a mistake. */
function stepOf(text: string, { min, max }: FieldRange): number | undefined {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return step >= 1 && step <= max - min + 1 ? step : undefined;
}

function wrong(item: string, { noun, min, max, names }: FieldRange): FieldRead {
  const called = names === undefined ? "" : ` or ${names[0]}..${names.at(-1)}`;
  return { ok: false, reason: `${noun}: ${JSON.stringify(item)} is not in ${min}..${max}${called}` };
}
