/** Two maps without a common key, seen as one: the entries of the first come first. Nothing is copied. */
export class JoinedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly first: ReadonlyMap<Key, Value>;
  readonly second: ReadonlyMap<Key, Value>;

  constructor(first: ReadonlyMap<Key, Value>, second: ReadonlyMap<Key, Value>) {
    this.first = first;
    this.second = second;
  }

  get size(): number {
    return this.first.size + this.second.size;
  }

  get(key: Key): Value | undefined {
    return this.first.get(key) ?? this.second.get(key);
  }

  has(key: Key): boolean {
    return this.first.has(key) || this.second.has(key);
  }

  *entries(): MapIterator<[Key, Value]> {
    yield* this.first.entries();
    yield* this.second.entries();
  }

  *keys(): MapIterator<Key> {
    yield* this.first.keys();
    yield* this.second.keys();
  }

  *values(): MapIterator<Value> {
    yield* this.first.values();
    yield* this.second.values();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }
}
