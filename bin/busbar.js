#!/usr/bin/env node
// A checkout runs its sources. The package has no sources, but what they were compiled to.
import { existsSync } from "node:fs";

const sources = new URL("../src/main.ts", import.meta.url);
await import((existsSync(sources) ? sources : new URL("../dist/main.js", import.meta.url)).href);
