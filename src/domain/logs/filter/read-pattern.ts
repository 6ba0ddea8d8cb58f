/** Whether a line fits. */
export type FitsLine = (text: string) => boolean;

export type ReadPattern =
  { readonly ok: true; readonly fits: FitsLine } | { readonly ok: false; readonly problem: string };
