import type { ComponentChildren } from "preact";
import type { Problem } from "../api/problem.ts";

/** A request that failed says so, and never looks like an empty list. */
export function Failure({ problem, onRetry }: { problem: Problem; onRetry?: () => void }) {
  return (
    <div class="notice bad" role="alert">
      <div>
        <strong>
          {problem.title}
          {problem.status === undefined ? "" : ` (${problem.status})`}
        </strong>
        <p>{problem.detail}</p>
      </div>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What would be here, why it is not, and the next step. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return <p class="loading">Reading {what} …</p>;
}
