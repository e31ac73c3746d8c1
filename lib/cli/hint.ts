import type { LogRecord } from "../spi/log.ts";

/** How the record of a refused data connection begins. */
const FOREIGN_REFUSED = "Rejected data connection from foreign address ";

/**
 * What a person at a terminal may want to know after a record; `null` for most
 * records. Only the wording of a log line depends on it.
 */
export function hintFor(record: LogRecord): string | null {
  if (!record.message.startsWith(FOREIGN_REFUSED)) return null;
  return "to let data connections come from other addresses than the " +
    "client's, start with --permit-foreign-addresses";
}
