const WIDTH = 120;
const HEIGHT = 28;

/** How a count went, as a line from the oldest to the newest. The figure beside it and its words say the rest. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const max = Math.max(1, ...values);
  const x = (index: number) => (index / Math.max(1, values.length - 1)) * WIDTH;
  const y = (value: number) => HEIGHT - 1.5 - (value / max) * (HEIGHT - 3);
  const line = values.map((value, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {values.length > 0 && <path class="area" d={`${line.join("")}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />}
      <path class="line" d={line.join("")} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
