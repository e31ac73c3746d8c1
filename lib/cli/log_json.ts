import { messageOf } from "../base/errors.ts";
import type { LogRecord } from "../spi/log.ts";

/**
 * A record as one line of JSON, without the line end: `time` (ISO 8601, UTC),
 * `level`, `message`, and where there are any `session` and `fields` as in
 * {@linkcode LogRecord}. Control characters, lone surrogates and line
 * separators are written as `\u` escapes. Fields that JSON does not know become
 * text: errors their message, big integers their digits.
 */
export function formatLogJson(record: LogRecord): string {
  const { level, message, session, fields } = record;
  const time = new Date(record.time).toISOString();
  const values = { time, level, message, session };
  return escapeControls(stringify({ ...values, fields }) ?? "") ||
    // A field that contains itself, or whose toJSON throws, costs the fields.
    escapeControls(stringify(values) ?? "");
}

function stringify(value: unknown): string | null {
  try {
    return JSON.stringify(value, plain);
  } catch {
    return null;
  }
}

function plain(_name: string, value: unknown): unknown {
  if (value instanceof Error) return messageOf(value);
  return typeof value === "bigint" ? String(value) : value;
}

/** What JSON lets through, but a terminal or a line reader would act on. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}
