import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import type { Ending } from "../rabbitmq/rabbitmq.ts";
import { findChromium, NO_CHROMIUM, startChromium } from "./chromium.ts";
import { buildConsole } from "./console-build.ts";

const executable = await findChromium();

/** For suites that need a browser: they are skipped where there is none. */
export const IN_A_BROWSER = { skip: executable === undefined && NO_CHROMIUM };

/** A page in a browser of its own. */
export interface BrowserPage {
  readonly browser: BrowserContext;
  readonly page: Page;
  /** Waits until a text is shown. */
  readonly see: (text: string | RegExp) => Promise<void>;
}

/**
 * Opens a page in a browser that ends with the suite. Requests elsewhere than to the console, scripts of payloads, errors and
 * violations of the content security policy are added to `wrong`.
 */
export async function openBrowser(endings: Ending, consoleUrl: string, wrong: string[]): Promise<BrowserPage> {
  const browser = await startChromium(executable ?? "", endings);
  const page = browser.pages()[0] ?? (await browser.newPage());
  page.setDefaultTimeout(15_000);
  await page.setViewportSize({ width: 1280, height: 900 });
  const { origin } = new URL(consoleUrl);
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) wrong.push(`asked ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`ran a script: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => wrong.push(`threw ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/.test(message.text())) wrong.push(message.text());
  });
  return { browser, page, see: (text) => page.getByText(text).first().waitFor() };
}

/** Builds the console's page into a folder that goes with the suite. */
export async function builtConsole(endings: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "busbar-console-"));
  endings.after(() => rm(folder, { recursive: true }));
  await buildConsole(folder);
  return folder;
}
