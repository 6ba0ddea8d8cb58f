import type { BlockedKeyAnswer } from "../../../../src/admin-api/destinations/blocked-keys.ts";
import { labelled } from "../../api/may.ts";
import type { AnswerState } from "../../api/use-answer.ts";
import type { ConfiguredDestination } from "../../logic/destinations/destinations.ts";
import { counted, countText } from "../../logic/text/numbers.ts";
import { visibleText } from "../../logic/text/visible-text.ts";
import { DeliveryLink, EventLink } from "../../parts/event/ids.tsx";
import { Fact } from "../../parts/fact.tsx";
import { GuardedButton } from "../../parts/guarded-button.tsx";
import { Ago, Moment } from "../../parts/time.tsx";

/** The others are counted. */
const SHOWN_MAX = 50;

const POLICIES = {
  skip: "skip: it is a dead letter, and its key goes on",
  block: "block: it is tried on, and its key waits",
} as const;

interface KeyOrderProps {
  /** `function/NAME` */
  readonly name: string;
  readonly order: NonNullable<ConfiguredDestination["orderBy"]>;
  /** The blocked keys of all functions. */
  readonly blocked: AnswerState<{ readonly blockedKeys: readonly BlockedKeyAnswer[] }>;
  readonly onSkip: (key: BlockedKeyAnswer) => void;
}

/** By which key a function keeps an order, and which of its keys wait for an event that does not succeed. */
export function KeyOrder({ name, order, blocked: { answer, problem }, onSkip }: KeyOrderProps) {
  const own = (answer?.blockedKeys ?? []).filter((each) => `function/${each.function}` === name);
  return (
    <>
      <dl class="facts">
        <Fact name="Order by">
          <code>{order.path}</code>
        </Fact>
        <Fact name="After the last retry of an event">{POLICIES[order.whenFailed]}</Fact>
        <Fact name="Blocked keys">{answer === undefined ? "–" : countText(own.length)}</Fact>
      </dl>
      {problem && <p class="soft">Which keys are blocked could not be read: {problem.detail}</p>}
      {own.length > 0 && (
        <ul class="blocked-keys" aria-label={`Blocked keys of ${name}`}>
          {own.slice(0, SHOWN_MAX).map((key) => (
            <BlockedKeyRow key={key.deliveryId} blocked={key} name={name} onSkip={() => onSkip(key)} />
          ))}
        </ul>
      )}
      {own.length > SHOWN_MAX && <p class="soft">Those {SHOWN_MAX} are shown that have been blocked longest.</p>}
    </>
  );
}

interface BlockedKeyRowProps {
  readonly blocked: BlockedKeyAnswer;
  readonly name: string;
  readonly onSkip: () => void;
}

function BlockedKeyRow({ blocked, name, onSkip }: BlockedKeyRowProps) {
  const { key, eventId, deliveryId, since, attempts, reason, message } = blocked;
  const sinceMs = Date.parse(since);
  return (
    <li>
      <div>
        <p>
          {key === undefined ? "An event without a key" : <code>{visibleText(key)}</code>}, blocked since{" "}
          <Moment atMs={sinceMs} />, <Ago atMs={sinceMs} />
        </p>
        <p class="soft">
          {counted(attempts, "attempt")} by then; {reason.replaceAll("_", " ")}: {visibleText(message)}
        </p>
        <p class="soft">
          {eventId !== undefined && (
            <>
              Event <EventLink id={eventId} />,{" "}
            </>
          )}
          delivery <DeliveryLink id={deliveryId} />
        </p>
      </div>
      <GuardedButton action="busbar:SkipBlockedKey" on={labelled(name)} onClick={onSkip}>
        Skip …<span class="unseen"> {key === undefined ? deliveryId : visibleText(key)}</span>
      </GuardedButton>
    </li>
  );
}
