import { useState } from "preact/hooks";
import { signIn } from "../api/request.ts";
import { Page } from "../parts/page.tsx";

/** Asks for a bearer token. The tab keeps it until it is closed. */
export function SignIn() {
  const [token, setToken] = useState("");
  return (
    <Page title="Sign in" lead="This router asks who is calling. Paste a bearer token of yours.">
      <form
        class="form narrow"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") signIn(token);
        }}
      >
        <label>
          Bearer token
          <input
            type="password"
            autoComplete="off"
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        <p class="soft">It is kept in this tab only, and forgotten when the tab is closed.</p>
        <div class="actions">
          <button class="primary" type="submit">
            Sign in
          </button>
        </div>
      </form>
    </Page>
  );
}
