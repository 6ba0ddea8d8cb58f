import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import type { RuleListAnswer } from "../../../src/admin-api/rules.ts";
import { ApiError, type Problem } from "../api/problem.ts";
import { get } from "../api/request.ts";
import { indentedExactly } from "../logic/sandbox.ts";
import { pathTo } from "../shell/paths.ts";
import { fillSandbox, type SandboxDraft } from "../shell/sandbox-draft.ts";
import { Failure } from "./state-views.tsx";

interface OpenInSandboxProps {
  /** What is filled in; the rest of the sandbox stays as it is. */
  readonly draft: () => Partial<SandboxDraft>;
}

/** Opens the sandbox with an event, a pattern or both. */
export function OpenInSandbox({ draft }: OpenInSandboxProps) {
  const open = useOpenSandbox();
  return <button onClick={() => open(draft())}>Open in sandbox</button>;
}

interface OpenRuleProps {
  readonly bus: string;
  readonly rule: string;
  readonly eventJson: string;
}

/** Opens the sandbox with an event and the pattern of a rule, which is read first. */
export function OpenRuleInSandbox({ bus, rule, eventJson }: OpenRuleProps) {
  const open = useOpenSandbox();
  const [problem, setProblem] = useState<Problem>();
  const read = async () => {
    setProblem(undefined);
    try {
      const { rules } = await get<RuleListAnswer>("rules", { query: { bus, rule } });
      const [found] = rules;
      if (found) open({ event: eventJson, pattern: found.eventPattern, bus });
      else setProblem({ title: "Not found", detail: `Rule ${bus}/${rule} is not in the configuration any more.` });
    } catch (error) {
      setProblem(error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) });
    }
  };
  return (
    <>
      <button onClick={() => void read()}>
        Open in sandbox<span class="unseen"> with rule {rule}</span>
      </button>
      {problem && <Failure problem={problem} />}
    </>
  );
}

function useOpenSandbox(): (draft: Partial<SandboxDraft>) => void {
  const { route } = useLocation();
  return (draft) => {
    const { event, pattern } = draft;
    fillSandbox({
      ...draft,
      ...(event !== undefined && { event: indentedExactly(event) }),
      ...(pattern !== undefined && { pattern: indentedExactly(pattern) }),
    });
    route(pathTo("sandbox"));
    // Where the sandbox is open already, nothing else says that it has changed.
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  };
}
