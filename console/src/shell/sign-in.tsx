import { useEffect, useState } from "preact/hooks";
import type { SignInFailure, SignInWays } from "../../../src/admin-api/session.ts";
import { type Problem, problemFrom } from "../api/problem.ts";
import { signInAtIssuer, signInWays, signInWithToken, takeSignInFailure } from "../api/session.ts";
import { Page } from "../parts/page.tsx";
import { Failure, Loading } from "../parts/state-views.tsx";

/** Asks who one is. The page that one was on comes back afterwards. */
export function SignIn() {
  const [ways, setWays] = useState<SignInWays>();
  const [problem, setProblem] = useState<Problem>();
  const [failure] = useState(takeSignInFailure);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    // What had the focus is gone with its page.
    document.getElementById("main")?.focus({ preventScroll: true });
    const abort = new AbortController();
    signInWays(abort.signal).then(setWays, (error: unknown) => {
      if (!abort.signal.aborted) setProblem(problemIn(error));
    });
    return () => abort.abort();
  }, []);
  const tried = async (signIn: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await signIn();
    } catch (error) {
      setProblem(problemIn(error));
      setBusy(false);
    }
  };
  const shown = problem ?? (failure && { title: "Not signed in", detail: failureText(failure, ways?.issuer) });
  const isClosed = ways?.problem !== undefined;
  return (
    <Page title="Sign in" lead="This console asks who you are. It shows and does what your policies allow.">
      {shown && <Failure problem={shown} />}
      {ways === undefined && problem === undefined && <Loading what="how you can sign in" />}
      {isClosed && <Failure problem={{ title: "Nobody can sign in here", detail: ways.problem ?? "" }} />}
      {ways !== undefined && !isClosed && (
        <>
          {ways.issuer !== undefined && (
            <div class="actions sign-in-issuer">
              <button class="primary" disabled={isBusy} onClick={() => void tried(signInAtIssuer)}>
                Sign in with {ways.issuer}
              </button>
            </div>
          )}
          <TokenForm
            isSecondary={ways.issuer !== undefined}
            isBusy={isBusy}
            onToken={(token) => void tried(() => signInWithToken(token))}
          />
        </>
      )}
    </Page>
  );
}

interface TokenFormProps {
  /** Whether there is another way, which most people take. */
  readonly isSecondary: boolean;
  readonly isBusy: boolean;
  readonly onToken: (token: string) => void;
}

function TokenForm({ isSecondary, isBusy, onToken }: TokenFormProps) {
  const [token, setToken] = useState("");
  return (
    <form
      class="form narrow"
      onSubmit={(event) => {
        event.preventDefault();
        if (token.trim() !== "") onToken(token.trim());
      }}
    >
      <label>
        {isSecondary ? "Or a bearer token" : "Bearer token"}
        <input
          type="password"
          autoComplete="off"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
      </label>
      <p class="soft">
        It is kept in an encrypted cookie that no script can read, until you sign out or the session ends.
      </p>
      <div class="actions">
        <button class={isSecondary ? "" : "primary"} type="submit" disabled={isBusy}>
          Sign in
        </button>
      </div>
    </form>
  );
}

function failureText(failure: SignInFailure, issuer = "The issuer"): string {
  switch (failure) {
    case "stale":
      return "The sign-in took too long, was used before, or was begun elsewhere. Begin again.";
    case "refused":
      return `${issuer} refused the sign-in, or it was cancelled there.`;
    case "unavailable":
      return `${issuer} did not answer the console. Try again in a moment.`;
    case "not-accepted":
      return `${issuer} knows you, but routers do not accept its token. The console's log says why.`;
    case "too-long":
      return `${issuer}'s token is too long for a cookie. With fewer groups or scopes it is shorter.`;
  }
}

function problemIn(error: unknown): Problem {
  return problemFrom(error);
}
