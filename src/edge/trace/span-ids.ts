import { randomFillSync } from "node:crypto";

/** Chance is got for so many bytes at once: it costs a call of the system each time. */
const POOL_BYTES = 16_384;

const NO_ID = "0".repeat(32);

/** Ids of traces and spans, as lower-case hexadecimal digits. */
export interface SpanIds {
  readonly traceId: () => string;
  readonly spanId: () => string;
}

/** Draws ids. None is all zeros, which would be no id. */
export function createSpanIds(): SpanIds {
  const bytes = Buffer.alloc(POOL_BYTES);
  let pool = "";
  let at = 0;
  const draw = (digits: number): string => {
    if (at + digits > pool.length) {
      pool = randomFillSync(bytes).toString("hex");
      at = 0;
    }
    const id = pool.slice(at, at + digits);
    at += digits;
    return NO_ID.startsWith(id) ? draw(digits) : id;
  };
  return { traceId: () => draw(32), spanId: () => draw(16) };
}
