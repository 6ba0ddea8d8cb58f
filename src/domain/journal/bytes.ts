const FIRST_BYTES = 64 * 1024;
const UUID_BYTES = 16;
/** Where the hex digits of a UUID's bytes begin in its text. */
const UUID_PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const UUID_DASHES = [8, 13, 18, 23];
const DASH = "-".charCodeAt(0);

/** Of a character that is no hex digit as Busbar writes it. Every digit's value is below. */
const NO_DIGIT = 16;
/** The value of each hex digit by its character code. */
const HEX_VALUE = new Uint8Array(128).fill(NO_DIGIT);
for (const [value, digit] of Array.from("0123456789abcdef").entries()) HEX_VALUE[digit.charCodeAt(0)] = value;

/** Writes values one after the other, into bytes that grow. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  readonly #names = new Map<string, number>();
  #namesLength = 0;

  /** The names that were written, by their numbers. Whoever reads the bytes needs them. */
  get names(): readonly string[] {
    return [...this.#names.keys()];
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes the names take that were written. */
  get namesLength(): number {
    return this.#namesLength;
  }

  /** What was written. Nothing may be written after it was taken. */
  taken(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A whole number from 0 to 2^53 - 1, in 7 bits a byte. */
  count(value: number): void {
    let left = value;
    for (this.#room(8); left > 0x7f; left = left < 2 ** 31 ? left >>> 7 : Math.floor(left / 0x80))
      this.#bytes[this.#length++] = (left % 0x80) | 0x80;
    this.#bytes[this.#length++] = left;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  bytes(value: Uint8Array): void {
    this.count(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.count(bytes);
    this.#room(bytes);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** A text that is likely to come again, as its number among the names. */
  name(value: string): void {
    let number = this.#names.get(value);
    if (number === undefined) {
      this.#names.set(value, (number = this.#names.size));
      this.#namesLength += Buffer.byteLength(value);
    }
    this.count(number);
  }

  /** A UUID as 1 and 16 bytes, any other text as 0 and itself. */
  id(value: string): void {
    this.#room(UUID_BYTES + 1);
    this.#bytes[this.#length] = 1;
    if (value.length === 36 && this.#isUuidWritten(value)) {
      this.#length += UUID_BYTES + 1;
      return;
    }
    this.#bytes[this.#length++] = 0;
    this.text(value);
  }

  /** What `write` writes, behind its length, so that a reader can pass over it. */
  sized(write: () => void): void {
    this.#room(4);
    const lengthAt = this.#length;
    this.#length += 4;
    write();
    this.#bytes.writeUInt32LE(this.#length - lengthAt - 4, lengthAt);
  }

  /** Writes a UUID's bytes behind the next one. False for another text; what was written of it is written over. */
  #isUuidWritten(value: string): boolean {
    for (const place of UUID_DASHES) if (value.charCodeAt(place) !== DASH) return false;
    let at = this.#length;
    for (const place of UUID_PLACES) {
      const high = HEX_VALUE[value.charCodeAt(place)] ?? NO_DIGIT;
      const low = HEX_VALUE[value.charCodeAt(place + 1)] ?? NO_DIGIT;
      if ((high | low) >= NO_DIGIT) return false;
      this.#bytes[++at] = (high << 4) | low;
    }
    return true;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + bytes, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/**
 * Reads what a `ByteWriter` wrote.
 *
 * @throws RangeError from every method where the bytes end too early or are none of its.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;
  readonly #names: readonly string[];

  constructor(bytes: Buffer, names: readonly string[] = []) {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#names = names;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** What is left. */
  rest(): Buffer {
    return this.#take(this.#end - this.#at);
  }

  count(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#take(1)[0] ?? 0;
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError("a number is too large");
      if (byte < 0x80) return value;
    }
  }

  double(): number {
    return this.#take(8).readDoubleLE();
  }

  bytes(): Buffer {
    return this.#take(this.count());
  }

  text(): string {
    return this.bytes().toString();
  }

  name(): string {
    const number = this.count();
    const name = this.#names[number];
    if (name === undefined) throw new RangeError(`there is no name ${number}`);
    return name;
  }

  id(): string {
    if (this.count() === 0) return this.text();
    const hex = this.#take(UUID_BYTES).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  /** Reads what was written behind its length. What `read` leaves of it is passed over. */
  sized<Value>(read: () => Value): Value {
    const end = this.#take(4).readUInt32LE() + this.#at;
    if (end > this.#end) throw new RangeError("the bytes end too early");
    const outerEnd = this.#end;
    this.#end = end;
    const value = read();
    this.#end = outerEnd;
    this.#at = end;
    return value;
  }

  #take(bytes: number): Buffer {
    const from = this.#at;
    if (from + bytes > this.#end) throw new RangeError("the bytes end too early");
    this.#at += bytes;
    return this.#bytes.subarray(from, this.#at);
  }
}
