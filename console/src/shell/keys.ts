import { useEffect, useRef } from "preact/hooks";
import { storedChoice } from "./stored.ts";

/** Whether single keys do something. People who dictate, or whose hands shake, switch them off (WCAG 2.1.4). */
export const singleKeys = storedChoice("busbar-single-keys", ["on", "off"], "on");

/** What a key does. `g e` is two keys, one after the other. */
export type KeyActions = Readonly<Record<string, () => void>>;

const SECOND_KEY_WITHIN_MS = 1_500;

/** Listens for single keys, unless something is typed into a field or a dialog is open. */
export function useKeys(actions: KeyActions): void {
  const newest = useRef(actions);
  newest.current = actions;
  useEffect(() => {
    let first: { readonly key: string; readonly atMs: number } | undefined;
    const onKey = (event: KeyboardEvent) => {
      if (singleKeys.value === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
      // An editor is in a shadow root, and the event's target would be the element around it.
      if (isTyping(event.composedPath()[0]) || document.querySelector("dialog[open]") !== null) return;
      const before = first !== undefined && event.timeStamp - first.atMs < SECOND_KEY_WITHIN_MS ? `${first.key} ` : "";
      first = { key: event.key, atMs: event.timeStamp };
      const action = newest.current[before + event.key] ?? newest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}

function isTyping(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]");
}

/** Moves the focus to the next (1) or previous (-1) row of the page's list. */
export function moveRow(step: 1 | -1): void {
  const links = Array.from(document.querySelectorAll<HTMLElement>("[data-row] [data-open]"));
  const at = links.findIndex((link) => link === document.activeElement);
  // Without a row in focus it begins at the first one that is seen.
  const seen = links.findIndex((link) => link.getBoundingClientRect().top >= 0);
  const next = at === -1 ? seen : at + step;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}
