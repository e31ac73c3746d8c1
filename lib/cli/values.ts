import type { TlsVersion } from "../spi/transport.ts";
import { UsageError } from "./usage_error.ts";

/** The most milliseconds that a timer takes on every runtime. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/**
 * A whole number of at least `least` and at most `most`.
 *
 * @throws {UsageError} without the name of the option, which the caller knows
 */
export function parseWhole(
  text: string,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER
    ? `of at least ${least}`
    : `from ${least} to ${most}`;
  throw new UsageError(
    `invalid value: '${text}' (expected a whole number ${range})`,
  );
}

/**
 * Seconds, with a fraction if need be, as milliseconds.
 *
 * @throws {UsageError}
 */
export function parseSeconds(text: string): number {
  const milliseconds = /^\d+(\.\d+)?$/.test(text)
    ? Math.round(Number(text) * 1000)
    : NaN;
  if (milliseconds <= MAX_TIMER_MS) return milliseconds;
  throw new UsageError(
    `invalid value: '${text}' (expected seconds from 0 to ${
      Math.floor(MAX_TIMER_MS / 1000)
    })`,
  );
}

/**
 * Bytes per second: `500`, `64K`, `1.5M`, `1G`, where K is 1024.
 *
 * @throws {UsageError}
 */
export function parseRate(text: string): number {
  const rate = parseBytes(text, "KMG");
  if (rate !== null) return rate;
  throw new UsageError(
    `invalid rate: '${text}' (expected bytes per second such as 800K or 1.5M)`,
  );
}

/**
 * Bytes: `500`, `64K`, `1.5M`, `1G`, `2T`, where K is 1024.
 *
 * @throws {UsageError}
 */
export function parseSize(text: string): number {
  const size = parseBytes(text, "KMGT");
  if (size !== null) return size;
  throw new UsageError(
    `invalid size: '${text}' (expected bytes such as 500M or 1.5G)`,
  );
}

function parseBytes(text: string, units: string): number | null {
  const match = new RegExp(`^(\\d+(?:\\.\\d+)?)([${units}]?)$`, "i").exec(text);
  const factor = FACTORS[match?.[2]?.toUpperCase() ?? ""] ?? 1;
  const bytes = Math.floor(Number(match?.[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/**
 * `FROM-TO`, both included; the two may be equal.
 *
 * @throws {UsageError}
 */
export function parsePortRange(
  text: string,
): { readonly from: number; readonly to: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  if (match === null) {
    throw new UsageError(`invalid port range: '${text}' (expected FROM-TO)`);
  }
  const from = Number(match[1]);
  const to = Number(match[2]);
  if (from < 1 || to < 1 || from > 65535 || to > 65535) {
    throw new UsageError(
      `port numbers must be between 1 and 65535 (got ${text})`,
    );
  }
  if (from > to) {
    throw new UsageError(`start port must be <= stop port (got ${text})`);
  }
  return { from, to };
}

/**
 * `1.2` or `1.3`; older versions are not offered.
 *
 * @throws {UsageError}
 */
export function parseTlsVersion(text: string): TlsVersion {
  if (text === "1.2" || text === "1.3") return text;
  throw new UsageError(`invalid value: '${text}' (expected 1.2 or 1.3)`);
}
