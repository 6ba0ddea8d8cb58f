import type { EventExplanationAnswer, RuleExplanationAnswer } from "../../../src/admin-api/explain.ts";
import type { EventFacts } from "../../../src/admin-api/history.ts";
import { counted } from "../logic/numbers.ts";
import { Misses } from "./misses.tsx";
import { OpenRuleInSandbox } from "./open-in-sandbox.tsx";

interface ExplanationProps {
  readonly answer: EventExplanationAnswer;
  readonly eventJson: string;
  /** Rules that the event did reach, by a bus that is a target: they are no news. */
  readonly reached?: EventFacts["rules"] | undefined;
}

/** Which rules of a bus match an event, and what keeps it from the nearest others. */
export function Explanation({ answer, eventJson, reached = [] }: ExplanationProps) {
  const { bus, matched, missed, leftOut, onOtherBuses } = answer;
  const known = new Set(reached.map((each) => `${each.bus}/${each.rule}`));
  const elsewhere = onOtherBuses.filter((rule) => !known.has(rule));
  return (
    <>
      <p class="soft">
        By the configuration in force now, {counted(matched.length, "rule")} of bus {bus}{" "}
        {matched.length === 1 ? "matches" : "match"} it
        {matched.length > 0 ? `: ${matched.map(({ rule }) => rule).join(", ")}` : ""}.
        {missed.length === 0 ? " There is no rule on this bus that does not." : ""}
      </p>
      <ul class="misses">
        {missed.map((rule) => (
          <MissedRule key={`${rule.bus}/${rule.rule}`} rule={rule} eventJson={eventJson} />
        ))}
      </ul>
      {leftOut > 0 && (
        <p class="soft">
          {counted(leftOut, "rule")} further away {leftOut === 1 ? "is" : "are"} left out.
        </p>
      )}
      {elsewhere.length > 0 && <p class="soft">On other buses these rules would match: {elsewhere.join(", ")}.</p>}
    </>
  );
}

function MissedRule({ rule, eventJson }: { rule: RuleExplanationAnswer; eventJson: string }) {
  const { misses, conditions, unmetComparisons = [], targets, state } = rule;
  return (
    <li>
      <h3>
        {rule.rule}
        <span class="soft"> → {targets.map(({ kind, name }) => `${kind}/${name}`).join(", ") || "no target"}</span>
      </h3>
      <ul>
        {state === "DISABLED" && <li>The rule is disabled.</li>}
        <Misses misses={misses} />
        {conditions === "not met" && <li>Its conditions are not met.</li>}
        {typeof conditions === "object" && <li>Its conditions could not be evaluated: {conditions.error}</li>}
        {unmetComparisons.map(({ place, comparison, isNegated, found }) => (
          <li key={place + comparison}>
            <code>{place}</code> is {found === undefined ? "missing" : found}, and must {isNegated ? "not " : ""}be{" "}
            <code>{comparison}</code>.
          </li>
        ))}
      </ul>
      <OpenRuleInSandbox bus={rule.bus} rule={rule.rule} eventJson={eventJson} />
    </li>
  );
}
