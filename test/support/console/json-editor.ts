import type { Locator, Page } from "playwright-core";

/** The page's editor of a JSON text, once it is loaded. */
export function editorOf(page: Page, label: string): Locator {
  return page.locator(`.cm-content[aria-label^="${label}"]`);
}

/** Replaces the text of an editor, as somebody does who pastes over it. */
export async function edit(page: Page, label: string, text: string): Promise<void> {
  await editorOf(page, label).press("Control+a");
  await page.keyboard.insertText(text);
}
