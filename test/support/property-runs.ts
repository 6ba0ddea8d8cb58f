/**
 * How often a property is tried: `runs` times, or the share of it that `BUSBAR_TEST_PROPERTY_SHARE` asks for. fast-check
 * begins each time at another seed, and prints it with a failure.
 */
export function propertyRuns(runs: number): { readonly numRuns: number } {
  const share = Number(process.env["BUSBAR_TEST_PROPERTY_SHARE"] ?? 1);
  if (!(share > 0 && share <= 1)) throw new Error(`BUSBAR_TEST_PROPERTY_SHARE must be above 0 and at most 1`);
  return { numRuns: Math.ceil(runs * share) };
}
