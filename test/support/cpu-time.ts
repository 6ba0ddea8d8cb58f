/**
 * Starts a watch of this thread's CPU time. The function returned tells ms since then. Time in which other processes
 * had the core is not counted, so a bound on it holds on a busy machine too.
 */
export function cpuTimer(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
}
