/** Work that did not end in time. It may go on, and be carried out, all the same. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/**
 * The work's own result, if it comes within `limitMs`.
 *
 * @param what names the work in the error, as in "closing a channel".
 * @throws TimeLimitError after `limitMs`. What the work comes to later is dropped, an error included.
 */
export async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new TimeLimitError(`${what} took longer than ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
