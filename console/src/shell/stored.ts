import { effect, signal, type Signal } from "@preact/signals";

/** A choice that the browser keeps; where it keeps nothing, it lasts as long as the page. */
export function storedChoice<Choice extends string>(
  key: string,
  choices: readonly Choice[],
  initial: Choice,
): Signal<Choice> {
  const choice = signal(read(key, choices) ?? initial);
  effect(() => write(key, choice.value));
  return choice;
}

function read<Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined {
  try {
    return choices.find((each) => each === localStorage.getItem(key));
  } catch {
    return undefined;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is kept for as long as the page is open.
  }
}
