/** Hears that a listener threw. */
export type OnFault = (fact: string, error: unknown) => void;

type Listener<T> = { readonly [K in keyof T]: (...facts: never[]) => void };

/**
 * One listener in place of several, of which the first hears of everything: it passes each fact on to all of them, one after the other. It never throws. A caller
 * that reports a fact has done the work already: an exception would repeat a delivery, or refuse a put that is stored.
 *
 * @param onFault is called with the fact's name and what was thrown, before the next listener hears the fact.
 */
export function guarded<T extends Listener<T>>([first, ...others]: readonly [T, ...Partial<T>[]], onFault: OnFault): T {
  const listeners: readonly Partial<T>[] = [first, ...others];
  const names = Object.keys(first) as (keyof T & string)[];
  const passOn = names.map((name) => [
    name,
    (...facts: never[]) => {
      for (const listener of listeners) {
        try {
          listener[name]?.(...facts);
        } catch (error) {
          onFault(name, error);
        }
      }
    },
  ]);
  return Object.fromEntries(passOn) as T;
}
