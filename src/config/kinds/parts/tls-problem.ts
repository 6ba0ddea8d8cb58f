import { createSecureContext } from "node:tls";
import type { TlsTexts } from "../../../domain/target/tls-texts.ts";

/** What is wrong with PEM texts as TLS would use them; undefined when nothing is. Quotes none of them. */
export function tlsProblem(pem: TlsTexts): string | undefined {
  try {
    createSecureContext(pem);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return `must be certificates and the key that fits them, in PEM${code}`;
  }
}
