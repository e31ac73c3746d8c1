/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  return high === undefined || low === undefined ? NaN : (low + high) / 2;
}

/** What is left of repeated measurements. */
export interface Summary {
  readonly median: number;
  readonly best: number;
  readonly worst: number;
}

/** @param higherIsBetter which end is the best */
export function summarize(
  values: readonly number[],
  higherIsBetter: boolean,
): Summary {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return {
    median: median(values),
    best: higherIsBetter ? high : low,
    worst: higherIsBetter ? low : high,
  };
}
