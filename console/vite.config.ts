import { defineConfig } from "vite";

/** Every address in the page is relative to its `<base href>`, which the console's server writes. */
export default defineConfig({
  base: "./",
  // Vite leaves the attribute out. With it the first paint waits for the theme that was chosen.
  plugins: [
    {
      name: "first-paint-waits",
      transformIndexHtml: {
        order: "post",
        handler: (html: string) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
      },
    },
  ],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/page",
    emptyOutDir: true,
    // The content security policy allows no `data:` but for images, and nothing written into the page itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
