interface OpenButtonProps {
  readonly name: string;
  readonly onOpen: () => void;
}

/** A row's name, which opens it in a dialog. */
export function OpenButton({ name, onOpen }: OpenButtonProps) {
  return (
    <button class="link" data-open aria-haspopup="dialog" onClick={onOpen}>
      {name}
    </button>
  );
}
