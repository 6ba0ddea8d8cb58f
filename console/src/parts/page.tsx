import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface PageProps {
  readonly title: string;
  /** What the tab is called, where the heading is too long for it. */
  readonly tab?: string;
  /** What the page answers. */
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page's heading with what can be done there. */
export function Page({ title, tab, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${tab ?? title} · Busbar`;
  }, [title, tab]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {lead && <div class="lead">{lead}</div>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}
