import type { RuleExplanationAnswer } from "../../../../src/admin-api/events/explain.ts";

/** Fields that keep an event from a pattern, as items of a list. */
export function Misses({ misses }: { misses: RuleExplanationAnswer["misses"] }) {
  return (
    <>
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
    </>
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
