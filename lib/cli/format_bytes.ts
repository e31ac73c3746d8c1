const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/**
 * A size for people, eight characters at most: `17 B`, `1.5 KiB`, `123 MiB`.
 * What is larger than any unit stays a number of the largest.
 */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded to the next unit belongs there.
  while (value >= 1023.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A time for people: `0:07`, `12:34`, `1:02:03`; from 100 hours on, `100 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = String(seconds % 60).padStart(2, "0");
  if (hours >= 100) return `${hours} h`;
  if (hours === 0) return `${minutes}:${rest}`;
  return `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}
