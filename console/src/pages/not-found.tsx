import { Page } from "../parts/page.tsx";
import { pathTo } from "../shell/paths.ts";

export function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        The address leads nowhere in this console. <a href={pathTo("")}>Go to the overview</a>.
      </p>
    </Page>
  );
}
