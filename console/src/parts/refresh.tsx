interface RefreshProps {
  readonly onRefresh: () => void;
  readonly isReading?: boolean;
}

/** Reads a page anew. The key `r` presses it. */
export function Refresh({ onRefresh, isReading = false }: RefreshProps) {
  return (
    <button data-refresh onClick={onRefresh} disabled={isReading}>
      Refresh
    </button>
  );
}
