import { isIP } from "node:net";
import { z } from "zod";
import { HTTP_URL, urlProblem } from "../../text/url-problem.ts";

const KEY_BYTES = 32;
const KEYS_MAX = 5;

/** A whole number, written in digits. */
export function numberSetting(min: number, max: number) {
  return z.string().transform((value, context) => {
    const number = /^\d{1,11}$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) context.addIssue(`must be ${min}..${max}`);
    return number;
  });
}

export function limitSetting(min: number, max: number, initial: number, description: string) {
  return numberSetting(min, max).prefault(String(initial)).describe(description);
}

export function portSetting(initial: string, description: string) {
  return numberSetting(0, 65_535).prefault(initial).describe(description);
}

/** The path of a file; undefined when there is none. */
export function fileSetting(description: string) {
  return z
    .string()
    .transform((path) => (path === "" ? undefined : path))
    .prefault("")
    .describe(description);
}

/** Keys of 32 bytes, in base64 and separated by commas. */
export function keysSetting(description: string) {
  return z
    .string()
    .transform((text, context) => {
      const keys = text === "" ? [] : text.split(",").map((key) => Buffer.from(key.trim(), "base64"));
      if (keys.length > KEYS_MAX || keys.some(({ length }) => length !== KEY_BYTES))
        context.addIssue(`must be up to ${KEYS_MAX} keys of ${KEY_BYTES} bytes in base64, separated by commas`);
      return keys;
    })
    .prefault("")
    .describe(description);
}

/** An address of ours. */
export function urlSetting(initial: string, description: string) {
  return z
    .string()
    .transform((url, context) => {
      const problem = urlProblem(url, HTTP_URL);
      if (problem !== undefined) context.addIssue(problem);
      return url;
    })
    .prefault(initial)
    .describe(description);
}

export function choiceSetting<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

export function isAddressRange(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax && more.length === 0;
}

export function isHostPattern(text: string): boolean {
  return text === "*" || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/.test(text);
}
