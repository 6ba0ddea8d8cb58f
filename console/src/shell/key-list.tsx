import { Dialog } from "../parts/dialog/dialog.tsx";
import { singleKeys } from "./keys.ts";
import { PAGES } from "./paths.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["Ctrl K", "go to a page, an event or a delivery"],
  ["/", "filter the list"],
  ["j  k", "next and previous row"],
  ["Enter", "open the row"],
  ["r", "refresh"],
  ["p", "pause the view of live events"],
  ["Esc", "close a dialog"],
  ["Esc Tab", "leave an editor, where Tab indents"],
  ["?", "this list"],
  ...PAGES.map(({ key, name }) => [`g ${key}`, `go to ${name}`] as const),
];

export function KeyList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="key-list">
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value === "on"}
          onChange={({ currentTarget }) => (singleKeys.value = currentTarget.checked ? "on" : "off")}
        />
        Use single keys. Ctrl K always works.
      </label>
      <div class="dialog-actions">
        <button onClick={onClose}>Close</button>
      </div>
    </Dialog>
  );
}
