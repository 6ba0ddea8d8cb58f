import { useEffect, useState } from "preact/hooks";
import type { EventExplanationAnswer, RuleExplanationAnswer } from "../../../../src/admin-api/explain.ts";
import type { EventFacts } from "../../../../src/admin-api/history.ts";
import { ApiError, type Problem } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { problemOfObject } from "../../logic/entry.ts";
import { counted } from "../../logic/numbers.ts";
import { Failure, Loading } from "../../parts/state-views.tsx";

type Explained =
  | { readonly is: "idle" | "asking" }
  | { readonly is: "failed"; readonly problem: Problem }
  | { readonly is: "answered"; readonly answer: EventExplanationAnswer };

/** The nearest rules that do not match an event, each with what keeps it from matching. */
export function NotDelivered({ body, event }: { body: string | undefined; event: EventFacts | undefined }) {
  const [explained, setExplained] = useState<Explained>({ is: "idle" });
  const explain = async (eventJson: string) => {
    setExplained({ is: "asking" });
    try {
      const answer = await send<EventExplanationAnswer>("POST", "explain", {
        query: { bus: event?.bus },
        body: eventJson,
      });
      setExplained({ is: "answered", answer });
    } catch (error) {
      const problem = error instanceof ApiError ? error.problem : { title: "Failed", detail: String(error) };
      setExplained({ is: "failed", problem });
    }
  };
  useEffect(() => {
    if (body !== undefined) void explain(body);
  }, [body]);
  return (
    <>
      {body === undefined && <PasteEvent onUse={(text) => void explain(text)} />}
      {explained.is === "asking" && <Loading what="the rules" />}
      {explained.is === "failed" && <Failure problem={explained.problem} />}
      {explained.is === "answered" && <Explanation answer={explained.answer} event={event} />}
    </>
  );
}

function PasteEvent({ onUse }: { onUse: (text: string) => void }) {
  const [text, setText] = useState("");
  const problem = text === "" ? undefined : problemOfObject(text, "The event");
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text !== "" && problem === undefined) onUse(text);
      }}
    >
      <p class="soft">
        Its JSON was not kept, so the rules cannot be asked about it. Paste the event to ask them. Events that come from
        now on are kept with <code>journal: {"{ bodies: all }"}</code> in the configuration.
      </p>
      <label>
        The event's JSON
        <textarea
          rows={5}
          value={text}
          spellcheck={false}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {problem && <p class="bad-text">{problem}</p>}
      <div class="actions">
        <button type="submit" disabled={text === "" || problem !== undefined}>
          Ask the rules
        </button>
      </div>
    </form>
  );
}

interface ExplanationProps {
  readonly answer: EventExplanationAnswer;
  readonly event: EventFacts | undefined;
}

function Explanation({ answer: { bus, matched, missed, leftOut, onOtherBuses }, event }: ExplanationProps) {
  // Those that it did reach, by a bus that is a target, are no news.
  const reached = new Set(event?.rules.map((each) => `${each.bus}/${each.rule}`));
  const elsewhere = onOtherBuses.filter((rule) => !reached.has(rule));
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
          <MissedRule key={`${rule.bus}/${rule.rule}`} rule={rule} />
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

function MissedRule({ rule }: { rule: RuleExplanationAnswer }) {
  const { misses, conditions, unmetComparisons = [], targets, state } = rule;
  return (
    <li>
      <h3>
        {rule.rule}
        <span class="soft"> → {targets.map(({ kind, name }) => `${kind}/${name}`).join(", ") || "no target"}</span>
      </h3>
      <ul>
        {state === "DISABLED" && <li>The rule is disabled.</li>}
        {misses.map(({ field, expected, found, hints }) => (
          <li key={field}>
            <code>{field}</code> {foundText(found)}, and must be {expected.length > 1 ? "one of " : ""}
            {expected.map((each, index) => (
              <span key={each}>
                {index > 0 ? ", " : ""}
                <code>{each}</code>
              </span>
            ))}
            .{hints.map((hint) => ` ${hint}`)}
          </li>
        ))}
        {conditions === "not met" && <li>Its conditions are not met.</li>}
        {typeof conditions === "object" && <li>Its conditions could not be evaluated: {conditions.error}</li>}
        {unmetComparisons.map(({ place, comparison, isNegated, found }) => (
          <li key={place + comparison}>
            <code>{place}</code> is {found === undefined ? "missing" : found}, and must {isNegated ? "not " : ""}be{" "}
            <code>{comparison}</code>.
          </li>
        ))}
      </ul>
    </li>
  );
}

function foundText(found: readonly unknown[]) {
  if (found.length === 0) return "is missing";
  return (
    <>
      is <code>{found.map((each) => JSON.stringify(each)).join(", ")}</code>
    </>
  );
}
