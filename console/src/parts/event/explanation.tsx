import type { EventExplanationAnswer, RuleExplanationAnswer } from "../../../../src/admin-api/events/explain.ts";
import type { ExplainedBy } from "../../logic/event/explained-by.ts";
import { putText } from "../../logic/event/put-text.ts";
import { todayText } from "../../logic/event/explained-by.ts";
import { counted } from "../../logic/text/numbers.ts";
import { Misses } from "./misses.tsx";
import { OpenRuleInSandbox } from "./open-in-sandbox.tsx";
import { Moment } from "../time.tsx";

interface ExplanationProps {
  readonly answer: EventExplanationAnswer;
  readonly by: ExplainedBy;
  readonly eventJson: string;
  /** Rules that the event did reach, by a bus that is a target or when it was redriven, as `bus/name`: they are no news. */
  readonly reached?: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Which rules of a bus match an event, and what keeps it from the nearest others. */
export function Explanation({ answer, by, eventJson, reached = NONE }: ExplanationProps) {
  const { bus, matched, leftOut, onOtherBuses } = answer;
  const missed = answer.missed.filter((each) => !reached.has(`${each.bus}/${each.rule}`));
  const elsewhere = onOtherBuses.filter((rule) => !reached.has(rule));
  return (
    <>
      <p class="soft">
        <By by={by} /> {counted(matched.length, "rule")} of bus {bus} {matched.length === 1 ? "matches" : "match"} it
        {matched.length > 0 ? `: ${matched.map(({ rule }) => rule).join(", ")}` : ""}.
        {missed.length === 0 ? " There is no rule on this bus that does not." : ""}
        {by.is === "then" && ` ${todayText(answer, by.today) ?? ""}`}
      </p>
      {answer.put && <p class="soft">{putText(answer.put, bus)}</p>}
      <ul class="misses">
        {missed.map((rule) => (
          <MissedRule
            key={`${rule.bus}/${rule.rule}`}
            rule={rule}
            eventJson={eventJson}
            digest={by.is === "then" ? by.digest : undefined}
          />
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

function By({ by }: { by: ExplainedBy }) {
  switch (by.is) {
    case "now":
      return "By the configuration in force now,";
    case "then and now":
      return "By the configuration in force when it was put, and now,";
    case "now, then unknown":
      return "Which configuration was in force when it was put is not known any more. By the one in force now,";
    case "then":
      return (
        <>
          By the configuration in force when it was put, <code>{by.digest}</code> since <Moment atMs={by.sinceMs} />,
        </>
      );
  }
}

interface MissedRuleProps {
  readonly rule: RuleExplanationAnswer;
  readonly eventJson: string;
  /** Of the configuration that the rule is of; undefined for the one in force. */
  readonly digest: string | undefined;
}

function MissedRule({ rule, eventJson, digest }: MissedRuleProps) {
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
      <OpenRuleInSandbox bus={rule.bus} rule={rule.rule} digest={digest} eventJson={eventJson} />
    </li>
  );
}
