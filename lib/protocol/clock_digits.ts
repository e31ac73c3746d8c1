/** Milliseconds of a day of UTC, which has no leap seconds here. */
export const DAY_MS: number = 24 * 60 * 60 * 1000;

const TEXTS: readonly string[] = Array.from(
  { length: 100 },
  (_, value) => String(value).padStart(2, "0"),
);

/** A number from 0 to 99 with two digits: made once, as listings need many. */
export function twoDigits(value: number): string {
  return TEXTS[value]!;
}
