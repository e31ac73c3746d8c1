import type { TlsPolicy } from "../spi/authorizer.ts";

/**
 * What is wrong with a connection, by any of the policies; `null` when it may
 * be as it is.
 */
export function violation(
  secure: boolean,
  ...policies: readonly (TlsPolicy | undefined)[]
): "required" | "off" | null {
  if (!secure && policies.includes("required")) return "required";
  return secure && policies.includes("off") ? "off" : null;
}
