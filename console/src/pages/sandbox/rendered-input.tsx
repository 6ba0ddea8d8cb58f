import { useState } from "preact/hooks";
import { type Problem, problemFrom } from "../../api/problem.ts";
import { send } from "../../api/request.ts";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Payload } from "../../parts/event/payload.tsx";
import { Failure } from "../../parts/state-views.tsx";

const EXAMPLE = `{
  "inputPathsMap": { "order": "$.detail.orderId" },
  "inputTemplate": "{\\"order\\": <order>, \\"rule\\": <aws.events.rule-name>}"
}`;

type Shown =
  | { readonly is: "nothing" | "asking" }
  | { readonly is: "rendered"; readonly text: string }
  | { readonly is: "wrong"; readonly reason: string }
  | { readonly is: "failed"; readonly problem: Problem };

interface RenderedInputProps {
  /** JSON. */
  readonly event: string;
  readonly isEvent: boolean;
  readonly bus: string;
}

/** What a target would be given for the event, which a router says: it has the code that renders deliveries. */
export function RenderedInput({ event, isEvent, bus }: RenderedInputProps) {
  const [input, setInput] = useState(EXAMPLE);
  const [shown, setShown] = useState<Shown>({ is: "nothing" });
  const render = async () => {
    setShown({ is: "asking" });
    try {
      const answer = await send("POST", "render", { query: { bus }, body: bodyOf(event, input) });
      setShown(
        "rendered" in answer ? { is: "rendered", text: answer.rendered } : { is: "wrong", reason: answer.problem },
      );
    } catch (error) {
      const problem = problemFrom(error);
      setShown({ is: "failed", problem });
    }
  };
  return (
    <section aria-labelledby="rendered">
      <h2 id="rendered">What a target is given</h2>
      <form
        class="form"
        onSubmit={(submitted) => {
          submitted.preventDefault();
          void render();
        }}
      >
        <label class="wide">
          Input transformer, or an input path such as $.detail; empty for neither
          <textarea
            rows={5}
            value={input}
            spellcheck={false}
            onInput={({ currentTarget }) => {
              setInput(currentTarget.value);
              setShown({ is: "nothing" });
            }}
          />
        </label>
        <div class="actions wide">
          <GuardedButton
            action="busbar:ExplainEvent"
            on={{ kind: "event-bus", name: bus }}
            type="submit"
            disabled={!isEvent || shown.is === "asking"}
          >
            Render
          </GuardedButton>
        </div>
      </form>
      <div role="status">
        {shown.is === "wrong" && <p class="bad-text">A delivery would fail: {shown.reason}.</p>}
        {shown.is === "rendered" && <Payload text={shown.text} label="Payload" />}
      </div>
      {shown.is === "failed" && <Failure problem={shown.problem} />}
    </section>
  );
}

/** The event's text goes in as it is: its numbers may be longer than a browser can keep. */
function bodyOf(event: string, input: string): string {
  const text = input.trim();
  if (text === "") return `{"event":${event}}`;
  if (text.startsWith("$")) return `{"event":${event},"inputPath":${JSON.stringify(text)}}`;
  return `{"event":${event},"inputTransformer":${text}}`;
}
