import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { GuardedAction } from "../../../src/domain/access/actions.ts";
import { whyNot, type Resource } from "../api/may.ts";
import { useMe } from "../api/me.ts";

interface GuardedButtonProps extends Omit<ButtonHTMLAttributes, "action"> {
  /** The policy action that it needs. */
  readonly action: GuardedAction;
  /** What it is done to; undefined where only the server knows. */
  readonly on?: Resource | undefined;
  readonly children: ComponentChildren;
}

/** A button for what not everybody may do. Where the caller may not, it is disabled and says what is missing. */
export function GuardedButton({ action, on, disabled, children, ...others }: GuardedButtonProps) {
  const why = whyNot(useMe(), action, on);
  const id = useId();
  if (why === undefined) {
    return (
      <button {...others} disabled={disabled}>
        {children}
      </button>
    );
  }
  return (
    <>
      <button {...others} disabled title={why} aria-describedby={id}>
        {children}
      </button>
      <span id={id} hidden>
        {why}
      </span>
    </>
  );
}
