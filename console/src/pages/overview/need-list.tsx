import type { Need } from "../../logic/overview/needs.ts";
import { pathTo } from "../../shell/paths.ts";

/** What needs somebody. `isWhole` is false where something could not be asked. */
export function NeedList({ needs, isWhole }: { needs: readonly Need[]; isWhole: boolean }) {
  if (needs.length === 0) {
    return (
      <p class="calm">
        {isWhole
          ? "Nothing. No dead letters, no open circuit, no pause, and the configuration was taken over."
          : "Nothing among what could be read."}
      </p>
    );
  }
  return (
    <ul class="needs">
      {needs.map(({ tone, title, detail, href, action }) => (
        <li key={title} class={tone}>
          <div>
            <h3>{title}</h3>
            <p class="soft">{detail}</p>
          </div>
          <a class="button" href={pathTo(href)}>
            {action}
            <span class="unseen">: {title}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
