import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../../api/problem.ts";
import { readRule } from "../../../api/rule-changes.ts";
import { indentedExactly } from "../../../logic/event/sandbox.ts";
import { newRule, textOfRule, type KeptRule } from "../../../logic/rules/rule-text.ts";
import { Page } from "../../../parts/page.tsx";
import { Failure, Loading } from "../../../parts/state-views.tsx";
import { RuleForm } from "./rule-form.tsx";

/** Makes a rule over the API, or changes the one that the address names. */
export function RuleEditor() {
  const { bus = "default", rule = "" } = useLocation().query;
  if (rule === "") {
    return (
      <Page title="New rule" lead="It is kept in the store, and in force on every router within about a second.">
        <RuleForm kept={undefined} initial={newRule(bus)} />
      </Page>
    );
  }
  return (
    <Page title={`${bus}/${rule}`} lead="A rule made over the API. Changes are in force within about a second.">
      <KnownRule key={`${bus}/${rule}`} bus={bus} name={rule} />
    </Page>
  );
}

function KnownRule({ bus, name }: { bus: string; name: string }) {
  const [kept, setKept] = useState<KeptRule>();
  const [problem, setProblem] = useState<Problem>();
  const read = () => {
    setProblem(undefined);
    readRule({ bus, name }).then(setKept, (error: unknown) => setProblem(problemFrom(error)));
  };
  useEffect(read, [bus, name]);
  if (problem !== undefined) return <Failure problem={problem} onRetry={read} />;
  if (kept === undefined) return <Loading what="the rule" />;
  return <RuleForm kept={kept} initial={textOfRule(kept, indentedExactly)} />;
}
