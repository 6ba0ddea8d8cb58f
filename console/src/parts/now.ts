import { signal } from "@preact/signals";

const TICK_MS = 1_000;

/** The time, to the second, for what says how long ago something was. */
export const nowMs = signal(Date.now());

setInterval(() => {
  if (!document.hidden) nowMs.value = Date.now();
}, TICK_MS);
