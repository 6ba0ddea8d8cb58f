import { effect } from "@preact/signals";
import { storedChoice } from "./stored.ts";

const THEMES = ["system", "light", "dark"] as const;

/** It is set as the script is read, which browsers that can wait with the first paint for (`blocking="render"`). */
const theme = storedChoice("busbar-theme", THEMES, "system");

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset["theme"];
  else dataset["theme"] = theme.value;
});

/** Chooses between the system's theme, the light and the dark one. */
export function ThemeSwitch() {
  return (
    <label class="theme-switch">
      <span>Theme</span>
      <select value={theme.value} onChange={({ currentTarget }) => (theme.value = themeNamed(currentTarget.value))}>
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function themeNamed(name: string) {
  return THEMES.find((each) => each === name) ?? "system";
}
