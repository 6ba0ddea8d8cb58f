/**
 * Reads a list that comes page by page to its end.
 *
 * @param read asks for the page behind `after`, the first without one; its `next` is where another begins.
 */
export async function allPages<Row>(
  read: (after: string | undefined) => Promise<{ readonly rows: readonly Row[]; readonly next: string | undefined }>,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  let after: string | undefined;
  do {
    const { rows, next } = await read(after);
    all.push(...rows);
    after = next;
  } while (after !== undefined);
  return all;
}
