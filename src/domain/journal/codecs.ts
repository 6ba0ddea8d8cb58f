import type { ByteReader, ByteWriter } from "./bytes.ts";

/** How one value is written and read. */
export interface Codec<Value> {
  write(out: ByteWriter, value: Value): void;
  /** @throws RangeError where the bytes are not those of such a value. */
  read(from: ByteReader): Value;
}

/** What a codec writes and reads. */
export type ValueOf<Of> = Of extends Codec<infer Value> ? Value : never;

/** A whole number that is not negative. */
export const count: Codec<number> = {
  write: (out, value) => out.count(value),
  read: (from) => from.count(),
};

/** Any number; times in epoch milliseconds among them. */
export const double: Codec<number> = {
  write: (out, value) => out.double(value),
  read: (from) => from.double(),
};

/** A delivery's or an event's id: a UUID takes 17 bytes. */
export const id: Codec<string> = {
  write: (out, value) => out.id(value),
  read: (from) => from.id(),
};

/** A text that many records of a frame share: each takes a byte or two. */
export const name: Codec<string> = {
  write: (out, value) => out.name(value),
  read: (from) => from.name(),
};

export const text: Codec<string> = {
  write: (out, value) => out.text(value),
  read: (from) => from.text(),
};

export const bytes: Codec<Buffer> = {
  write: (out, value) => out.bytes(value),
  read: (from) => from.bytes(),
};

export const flag: Codec<boolean> = {
  write: (out, value) => out.count(value ? 1 : 0),
  read: (from) => from.count() !== 0,
};

/** A value, or undefined. A field that is added to a kind of record later is one: older records end before it. */
export function optional<Value>(codec: Codec<Value>): Codec<Value | undefined> {
  return {
    write: (out, value) => {
      out.count(value === undefined ? 0 : 1);
      if (value !== undefined) codec.write(out, value);
    },
    read: (from) => (from.isAtEnd || from.count() === 0 ? undefined : codec.read(from)),
  };
}

export function listOf<Value>(codec: Codec<Value>): Codec<readonly Value[]> {
  return {
    write: (out, values) => {
      out.count(values.length);
      for (const value of values) codec.write(out, value);
    },
    read: (from) => {
      const values: Value[] = [];
      for (let left = from.count(); left > 0; left--) values.push(codec.read(from));
      return values;
    },
  };
}

type Codecs = Readonly<Record<string, Codec<unknown>>>;
type ObjectOf<Of extends Codecs> = { readonly [Name in keyof Of]: ValueOf<Of[Name]> };

/** An object with these fields, written in this order. */
export function object<Of extends Codecs>(fields: Of): Codec<ObjectOf<Of>> {
  const members = Object.entries(fields).map(([key, field]) => ({ key, field }));
  return {
    write: (out, value) => {
      for (const { key, field } of members) field.write(out, value[key]);
    },
    read: (from) => {
      const value: Record<string, unknown> = {};
      for (const { key, field } of members) value[key] = field.read(from);
      return value as ObjectOf<Of>;
    },
  };
}
