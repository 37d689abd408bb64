// What a call takes: one at a time, and many at once.

/** Calls that are open at once, where many are. */
const IN_FLIGHT = 64;

export async function measured(resolve, count) {
  // Until then V8 compiles.
  for (let index = 0; index < count; index++) await resolve();
  const times = [];
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    await resolve();
    times.push((performance.now() - before) * 1000);
  }
  times.sort((a, b) => a - b);
  const before = performance.now();
  let left = count;
  const caller = async () => {
    while (left-- > 0) await resolve();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const perSecond = (count / (performance.now() - before)) * 1000;
  const at = (share) => times[Math.floor(times.length * share)];
  return { p50: at(0.5), p99: at(0.99), perSecond };
}
