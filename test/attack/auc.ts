// How well two samples can be told apart: the area under the ROC curve, which is the chance that a sample of one class is larger than one of the
// other. A half says nothing. Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982, has its error.

/** The area, at least a half, and the lower end of its 99 % interval. */
export function auc(one: readonly number[], other: readonly number[]): { readonly area: number; readonly low: number } {
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))];
  all.sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end]?.value === all[at]?.value) end++;
    // Equal values share the mean of their ranks.
    const mean = (at + 1 + end) / 2;
    for (const { isOne } of all.slice(at, end)) if (isOne) ranks += mean;
    at = end;
  }
  const [n, m] = [one.length, other.length];
  const raw = (ranks - (n * (n + 1)) / 2) / (n * m);
  const area = Math.max(raw, 1 - raw);
  const pairs = (n - 1) * (area / (2 - area) - area ** 2) + (m - 1) * ((2 * area ** 2) / (1 + area) - area ** 2);
  const error = Math.sqrt((area * (1 - area) + pairs) / (n * m));
  return { area, low: area - 2.576 * error };
}
