import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { Dialog } from "../parts/dialog/dialog.tsx";
import { ApiError, problemFrom } from "../api/problem.ts";
import { get } from "../api/request.ts";
import { deliveryPath, eventPath, PAGES, pathTo } from "./paths.ts";

/** Opens what is typed or pasted: a page by its name, an event or a delivery by its id. */
export function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const { route } = useLocation();
  const sought = text.trim();
  const pages = PAGES.filter(({ name }) => name.toLowerCase().includes(sought.toLowerCase()));
  const go = (path: string) => {
    onClose();
    route(path);
  };
  const open = async () => {
    const [page] = pages;
    if (page !== undefined) return go(pathTo(page.path));
    setProblem("");
    try {
      go(await placeOf(sought));
    } catch (error) {
      setProblem(problemFrom(error).detail);
    }
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <label class="unseen" for="palette">
          A page, an event id or a delivery id
        </label>
        <input
          id="palette"
          autoFocus
          autoComplete="off"
          spellcheck={false}
          placeholder="A page, an event id or a delivery id"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </form>
      <ul class="palette-list">
        {pages.map(({ path, name, key }) => (
          <li key={path}>
            <button class="quiet" onClick={() => go(pathTo(path))}>
              {name}
              <kbd>g {key}</kbd>
            </button>
          </li>
        ))}
        {pages.length === 0 && (
          <li>
            <button class="quiet" onClick={() => void open()}>
              Open event or delivery “{sought.slice(0, 60)}”
            </button>
          </li>
        )}
      </ul>
      <p role="status" class="bad-text">
        {problem}
      </p>
    </Dialog>
  );
}

/** An id that is neither an event's nor a delivery's opens as an event, whose page says what that can mean. */
async function placeOf(id: string): Promise<string> {
  const isKnown = async (path: `events/${string}` | `deliveries/${string}`) => {
    try {
      await get(path);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.problem.status === 404) return false;
      throw error;
    }
  };
  if (await isKnown(`events/${encodeURIComponent(id)}`)) return eventPath(id);
  return (await isKnown(`deliveries/${encodeURIComponent(id)}`)) ? deliveryPath(id) : eventPath(id);
}
