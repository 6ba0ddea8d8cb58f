import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { get } from "../../api/request.ts";
import { indentedExactly } from "../../logic/event/sandbox.ts";
import { pathTo } from "../../shell/paths.ts";
import { fillSandbox, type SandboxDraft } from "../../shell/sandbox-draft.ts";
import { Failure } from "../state-views.tsx";

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
  /** Of the configuration that the rule is of; undefined for the one in force. */
  readonly digest: string | undefined;
  readonly eventJson: string;
}

/** Opens the sandbox with an event and the pattern of a rule, which is read first. */
export function OpenRuleInSandbox({ bus, rule, digest, eventJson }: OpenRuleProps) {
  const open = useOpenSandbox();
  const [problem, setProblem] = useState<Problem>();
  const read = async () => {
    setProblem(undefined);
    try {
      const pattern = await (digest === undefined ? patternNow(bus, rule) : patternThen(digest, bus, rule));
      if (pattern !== undefined) open({ event: eventJson, pattern, bus });
      else setProblem({ title: "Not found", detail: `Rule ${bus}/${rule} is not in the configuration any more.` });
    } catch (error) {
      setProblem(problemFrom(error));
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

async function patternNow(bus: string, rule: string): Promise<string | undefined> {
  const { rules } = await get("rules", { query: { bus, rule } });
  return rules[0]?.eventPattern;
}

async function patternThen(digest: string, bus: string, rule: string): Promise<string | undefined> {
  const { document } = await get(`configurations/${digest}`);
  const written = document?.["rules"]?.[`${bus}/${rule}`] as { readonly eventPattern?: unknown } | undefined;
  return written && JSON.stringify(written.eventPattern);
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
