import { describe, expect, test } from "vitest";
import { formatLogJson } from "../../lib/cli/log_json.ts";
import type { LogRecord } from "../../lib/spi/log.ts";

const RECORD: LogRecord = {
  level: "info",
  time: Date.UTC(2026, 10, 20, 20, 58, 47, 123),
  message: "USER 'bob' logged in.",
};

describe("formatLogJson()", () => {
  test("writes one object per record, session and fields where given", () => {
    expect(formatLogJson(RECORD)).toBe(
      '{"time":"2026-11-20T20:58:47.123Z","level":"info",' +
        '"message":"USER \'bob\' logged in."}',
    );
    const session = {
      id: 7,
      remoteHostname: "::1",
      remotePort: 4711,
      username: "bob",
    };
    const fields = { command: "STOR", bytes: 12 };
    expect(JSON.parse(formatLogJson({ ...RECORD, session, fields }))).toEqual({
      time: "2026-11-20T20:58:47.123Z",
      level: "info",
      message: RECORD.message,
      session,
      fields,
    });
  });

  test("keeps every record on one line, whatever its text is", () => {
    for (
      const evil of [
        "a\nb",
        "a\r\nb",
        "\x1b[31m",
        "\x7f",
        "\x85",
        "\u2028",
        "\u202e",
        "\udcff",
        "\0",
      ]
    ) {
      const line = formatLogJson({
        ...RECORD,
        message: evil,
        fields: { [evil]: evil },
      });
      expect(line).toMatch(/^[\x20-\x7e]+$/);
      const parsed = JSON.parse(line);
      expect(parsed.message).toBe(evil);
      expect(parsed.fields).toEqual({ [evil]: evil });
    }
  });

  test("leaves readable text of any language as it is", () => {
    expect(formatLogJson({ ...RECORD, message: "Grüße 你好 😀" })).toContain(
      '"Grüße 你好 😀"',
    );
  });

  test("writes errors and big integers as text", () => {
    const fields = { error: new Error("no luck"), size: 2n ** 63n };
    expect(JSON.parse(formatLogJson({ ...RECORD, fields })).fields).toEqual({
      error: "no luck",
      size: "9223372036854775808",
    });
  });

  test("drops the fields, not the record, when they cannot be written", () => {
    const loop: Record<string, unknown> = {};
    loop["self"] = loop;
    const line = formatLogJson({ ...RECORD, fields: loop });
    expect(JSON.parse(line)).toEqual(JSON.parse(formatLogJson(RECORD)));
  });
});
