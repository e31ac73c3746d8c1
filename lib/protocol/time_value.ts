import { DAY_MS, twoDigits } from "./clock_digits.ts";

const YEAR_MAX = 9999;

/** `YYYYMMDD`. */
const DAY_DIGITS = 8;

/**
 * A time as MDTM, MFMT and the facts write it (RFC 3659 section 2.3):
 * `YYYYMMDDHHMMSS`, without a fraction.
 *
 * @param milliseconds Since 1970, UTC
 * @param localTime Use the time zone of the server, which the RFC forbids
 * @returns `null` for NaN and for years that have no four digits
 */
export function formatTimeValue(
  milliseconds: number,
  localTime: boolean,
): string | null {
  const date = new Date(milliseconds);
  const local = localTime;
  const year = local ? date.getFullYear() : date.getUTCFullYear();
  if (!(year >= 1 && year <= YEAR_MAX)) return null;
  return digits(year, 4) +
    digits((local ? date.getMonth() : date.getUTCMonth()) + 1) +
    digits(local ? date.getDate() : date.getUTCDate()) +
    digits(local ? date.getHours() : date.getUTCHours()) +
    digits(local ? date.getMinutes() : date.getUTCMinutes()) +
    digits(local ? date.getSeconds() : date.getUTCSeconds());
}

/**
 * The same for many files of a listing: neighbours often have the same day,
 * which is then written once.
 */
export function timeValueFormatter(
  localTime: boolean,
): (milliseconds: number) => string | null {
  if (localTime) return (milliseconds) => formatTimeValue(milliseconds, true);
  let lastDay = NaN;
  let lastText = "";
  return (milliseconds) => {
    // As `Date` does: towards zero.
    const whole = Math.trunc(milliseconds);
    const day = Math.floor(whole / DAY_MS);
    if (day !== lastDay) {
      const text = formatTimeValue(whole, false);
      if (text === null) return null;
      lastDay = day;
      lastText = text.slice(0, DAY_DIGITS);
    }
    const second = Math.floor((whole - day * DAY_MS) / 1000);
    return lastText + twoDigits(Math.floor(second / 3600)) +
      twoDigits(Math.floor(second / 60) % 60) + twoDigits(second % 60);
  };
}

/**
 * The milliseconds since 1970 of 14 digits, taken as UTC. `null` when they are
 * not 14, or not a date of the calendar.
 */
export function parseTimeValue(text: string): number | null {
  if (!/^[0-9]{14}$/.test(text)) return null;
  const at = (from: number, to: number) => Number(text.slice(from, to));
  const date = new Date(0);
  // Date.UTC() takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(at(0, 4), at(4, 6) - 1, at(6, 8));
  date.setUTCHours(at(8, 10), at(10, 12), at(12, 14));
  // A 30th of February has become a day of March: not what was written.
  const milliseconds = date.getTime();
  return formatTimeValue(milliseconds, false) === text ? milliseconds : null;
}

function digits(value: number, length = 2): string {
  return String(value).padStart(length, "0");
}
