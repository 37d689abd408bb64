// Whether two classes of samples can be told apart: the area under the ROC curve. 0.5 means not at all.

/** Standard deviations of a 99 % interval. */
const Z = 2.576;

/** The chance that a sample of `a` is greater than one of `b`, equal ones counting half, with the lower and upper end of its 99 % interval. */
export function aucOf(
  a: readonly number[],
  b: readonly number[],
): { readonly auc: number; readonly interval: [number, number] } {
  const all = [...a.map((value) => ({ value, isA: true })), ...b.map((value) => ({ value, isA: false }))];
  all.sort((one, two) => one.value - two.value);
  let wins = 0;
  for (let from = 0, below = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    const equal = all.slice(from, to);
    const ofA = equal.filter(({ isA }) => isA).length;
    const ofB = equal.length - ofA;
    wins += ofA * (below + ofB / 2);
    below += ofB;
    from = to;
  }
  const auc = wins / (a.length * b.length);
  return {
    auc,
    interval: [auc - Z * deviation(auc, a.length, b.length), auc + Z * deviation(auc, a.length, b.length)],
  };
}

/** Hanley and McNeil, Radiology 143 (1982). */
function deviation(auc: number, a: number, b: number): number {
  const q1 = auc / (2 - auc);
  const q2 = (2 * auc * auc) / (1 + auc);
  return Math.sqrt((auc * (1 - auc) + (a - 1) * (q1 - auc * auc) + (b - 1) * (q2 - auc * auc)) / (a * b));
}

/** The most that an attacker may gain. Half a class more would be told apart at 0.75. */
export const AUC_MAX = 0.55;

/** Whether the whole interval lies where the classes are told apart, in either direction. */
export function isToldApart(a: readonly number[], b: readonly number[]): boolean {
  const [low, high] = aucOf(a, b).interval;
  return low > AUC_MAX || high < 1 - AUC_MAX;
}
