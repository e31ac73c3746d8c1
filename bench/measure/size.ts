const UNITS = "BKMGTPEZY";

/**
 * Reads `10M`: digits and one of B K M G T P E Z Y, 1024-based.
 *
 * @returns bytes, or `null` when the text is nothing of the kind
 */
export function parseSize(text: string): number | null {
  const match = /^(\d+)([BKMGTPEZY])$/i.exec(text.trim());
  if (match === null) return null;
  const unit = UNITS.indexOf(match[2]?.toUpperCase() ?? "");
  return Number(match[1]) * 1024 ** unit;
}

/** `10485760` becomes `10.0M`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(1)}${UNITS[unit]}`;
}
