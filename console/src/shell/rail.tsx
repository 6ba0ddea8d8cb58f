import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { Me } from "../../../src/admin-api/me.ts";
import { type Problem, problemFrom } from "../api/problem.ts";
import { isSignInNeeded } from "../api/request.ts";
import { signOut } from "../api/session.ts";
import mark from "../mark.svg";
import { PAGES, pathTo } from "./paths.ts";
import { forgetSandbox } from "./sandbox-draft.ts";
import { ThemeSwitch } from "./theme.tsx";

interface RailProps {
  readonly me: Me | undefined;
  readonly onSearch: () => void;
  readonly onKeys: () => void;
}

/** The console's pages, at the left or, on a narrow screen, at the top. */
export function Rail({ me, onSearch, onKeys }: RailProps) {
  const { path } = useLocation();
  return (
    <header class="rail">
      <a class="brand" href={pathTo("")}>
        <img src={mark} alt="" width="22" height="22" />
        Busbar
      </a>
      <button class="search" onClick={onSearch}>
        Go to <kbd>Ctrl K</kbd>
      </button>
      <nav aria-label="Pages">
        <ul>
          {PAGES.map((page) => (
            <li key={page.path}>
              <a href={pathTo(page.path)} aria-current={isCurrent(path, page.path) ? "page" : undefined}>
                {page.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="rail-foot">
        <ThemeSwitch />
        <button class="quiet" onClick={onKeys}>
          Keys <kbd>?</kbd>
        </button>
        {me?.readOnly === true && <span class="soft">read-only</span>}
        {me?.principal !== undefined && <span class="soft principal">{me.principal}</span>}
        {me?.needsToken === true && !isSignInNeeded.value && <SignOut />}
        {me && <span class="soft number">Busbar {me.version}</span>}
      </div>
    </header>
  );
}

function SignOut() {
  const [problem, setProblem] = useState<Problem>();
  const leave = async () => {
    try {
      await signOut();
      forgetSandbox();
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <>
      <button class="quiet sign-out" onClick={() => void leave()}>
        Sign out
      </button>
      {problem && (
        <span class="bad-text" role="alert">
          You are still signed in. {problem.detail}
        </span>
      )}
    </>
  );
}

function isCurrent(path: string, page: string): boolean {
  const whole = pathTo(page);
  if (page === "events" && path.startsWith(pathTo("deliveries/"))) return true;
  return page === "" ? path === whole || `${path}/` === whole : path === whole || path.startsWith(`${whole}/`);
}
