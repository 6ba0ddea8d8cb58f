import { useRef } from "preact/hooks";
import type { EventWay } from "../../../../src/admin-api/history/history.ts";
import { axisOf, type Lane } from "../../logic/event/lanes.ts";
import { laneMarks, laneText, type LaneMark } from "../../logic/event/lane-marks.ts";
import type { TimeAxis } from "../../logic/event/time-axis.ts";
import { clockText, durationText } from "../../logic/text/times.ts";
import { StateChip } from "../../parts/chip.tsx";
import { nowMs } from "../../parts/now.ts";
import { useWidth } from "./use-width.ts";

const LANE_PX = 34;
const AXIS_PX = 26;
const SIDE_PX = 8;
const CHARACTER_PX = 6.6;

/** Each delivery on one time axis. The list below has the same as text. */
export function Lanes({ way, lanes }: { way: EventWay; lanes: readonly Lane[] }) {
  const track = useRef<HTMLDivElement>(null);
  const width = useWidth(track);
  const axis = axisOf(way, nowMs.value);
  const x = (timeMs: number) => SIDE_PX + axis.at(timeMs) * Math.max(0, width - 2 * SIDE_PX);
  return (
    <div class="lanes" role="group" aria-label="Deliveries on a time axis">
      <div class="lane">
        <div class="lane-name soft">Time</div>
        <div ref={track} class="lane-track">
          <AxisLabels axis={axis} x={x} width={width} />
        </div>
      </div>
      {lanes.map((lane) => (
        <div key={lane.delivery.id} class="lane">
          <div class="lane-name" style={{ paddingInlineStart: `${1 + Math.min(lane.depth, 4) * 0.9}rem` }}>
            <span class="lane-destination">
              {lane.delivery.destination ?? lane.delivery.origin?.target ?? "unknown target"}
            </span>
            <StateChip state={lane.delivery.state} />
          </div>
          <div class="lane-track">
            <svg width={width} height={LANE_PX} role="img" aria-label={laneText(lane.delivery)}>
              <Folds axis={axis} x={x} height={LANE_PX} />
              <line class="lane-base" x1={x(axisStart(axis))} x2={width - SIDE_PX} y1={LANE_PX / 2} y2={LANE_PX / 2} />
              {laneMarks(lane.delivery, way.event?.atMs, nowMs.value).map((mark, index) => (
                <Mark key={index} mark={mark} x={x} />
              ))}
            </svg>
          </div>
        </div>
      ))}
    </div>
  );
}

const axisStart = (axis: TimeAxis) => axis.pieces[0]?.fromMs ?? 0;

function AxisLabels({ axis, x, width }: { axis: TimeAxis; x: (timeMs: number) => number; width: number }) {
  const start = axisStart(axis);
  const endMs = axis.pieces.at(-1)?.toMs ?? start;
  let freeFrom = 0;
  const labels: { readonly text: string; readonly at: number; readonly anchor: "start" | "end" | "middle" }[] = [
    { text: clockText(start, true), at: x(start), anchor: "start" },
  ];
  freeFrom = x(start) + (clockText(start, true).length + 1) * CHARACTER_PX;
  const end = `+${durationText(endMs - start)}`;
  const lastFrom = x(endMs) - (end.length + 1) * CHARACTER_PX;
  for (const piece of axis.pieces.filter(({ isFolded }) => isFolded)) {
    const text = durationText(piece.toMs - piece.fromMs);
    const middle = (x(piece.fromMs) + x(piece.toMs)) / 2;
    const half = (text.length * CHARACTER_PX) / 2;
    if (middle - half < freeFrom || middle + half > lastFrom) continue;
    labels.push({ text, at: middle, anchor: "middle" });
    freeFrom = middle + half + CHARACTER_PX;
  }
  if (endMs > start && lastFrom > freeFrom - CHARACTER_PX) labels.push({ text: end, at: x(endMs), anchor: "end" });
  return (
    <svg width={width} height={AXIS_PX} aria-hidden="true">
      {labels.map(({ text, at, anchor }) => (
        <text key={`${text} ${at}`} class="axis-label" x={at} y={AXIS_PX - 9} text-anchor={anchor}>
          {text}
        </text>
      ))}
    </svg>
  );
}

/** Idle time that is drawn shorter than it was. */
function Folds({ axis, x, height }: { axis: TimeAxis; x: (timeMs: number) => number; height: number }) {
  return (
    <>
      {axis.pieces
        .filter(({ isFolded }) => isFolded)
        .map((piece) => (
          <rect
            key={piece.fromMs}
            class="fold"
            x={x(piece.fromMs)}
            width={Math.max(0, x(piece.toMs) - x(piece.fromMs))}
            y={0}
            height={height}
          />
        ))}
    </>
  );
}

const BAR_PX_MIN = 5;

function Mark({ mark, x }: { mark: LaneMark; x: (timeMs: number) => number }) {
  const [from, to] = [x(mark.fromMs), x(mark.toMs)];
  const middle = LANE_PX / 2;
  const title = <title>{mark.text}</title>;
  switch (mark.kind) {
    case "wait":
      return (
        <line class="wait" x1={from} x2={to} y1={middle} y2={middle}>
          {title}
        </line>
      );
    case "attempt":
      return (
        <rect class={`bar ${mark.tone}`} x={from} width={Math.max(BAR_PX_MIN, to - from)} y={7} height={20} rx={2}>
          {title}
        </rect>
      );
    case "point":
      return (
        <path class={`point ${mark.tone}`} d={`M${from} ${middle - 7}l7 7-7 7-7-7z`}>
          {title}
        </path>
      );
  }
}
