import { agoText, clockText, dateText, momentText } from "../logic/text/times.ts";
import { nowMs } from "./now.ts";

/** How long ago something was, with the moment itself on hover. */
export function Ago({ atMs }: { atMs: number }) {
  return (
    <time class="number" dateTime={new Date(atMs).toISOString()} title={`${dateText(atMs)} ${clockText(atMs, true)}`}>
      {agoText(atMs, nowMs.value)}
    </time>
  );
}

/** When something was, in the reader's own zone. */
export function Moment({ atMs }: { atMs: number }) {
  return (
    <time class="number" dateTime={new Date(atMs).toISOString()} title={`${dateText(atMs)} ${clockText(atMs, true)}`}>
      {momentText(atMs, nowMs.value)}
    </time>
  );
}
