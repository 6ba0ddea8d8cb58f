import { useAnswer } from "../../api/use-answer.ts";
import { Failure } from "../../parts/state-views.tsx";

const SHOWN = 100;

/** What was made over the API and is not in force, and why. Nothing where all of it is. */
export function NotInForce() {
  const { answer, problem, reload } = useAnswer("not-in-force", { query: { limit: SHOWN } });
  if (problem)
    return <Failure problem={{ ...problem, title: "What is not in force could not be read" }} onRetry={reload} />;
  if (answer === undefined || answer.count === 0) return null;
  const left = answer.count - answer.notInForce.length;
  return (
    <section aria-labelledby="not-in-force">
      <h2 id="not-in-force">Made over the API and not in force</h2>
      <ul class="cards">
        {answer.notInForce.map(({ name, reason }) => (
          <li key={name} class="card">
            <strong>{name}</strong>: {reason}
          </li>
        ))}
      </ul>
      {left > 0 && (
        <p class="soft">
          {left} more: <code>busbar not-in-force</code> lists all.
        </p>
      )}
    </section>
  );
}
