import { describe, expect, test } from "vitest";
import { formatLogLine } from "../../lib/cli/log_line.ts";
import type { LogRecord, LogSession } from "../../lib/spi/log.ts";

const RECORD: LogRecord = {
  level: "info",
  // Local time on purpose: so does the formatter.
  time: new Date(2026, 10, 2, 3, 4, 5, 999).getTime(),
  message: "hello",
};

const SESSION = {
  id: 1,
  remoteHostname: "127.0.0.1",
  remotePort: 38006,
  username: "user",
};

describe("formatLogLine()", () => {
  test("writes level and local time before the message", () => {
    expect(formatLogLine(RECORD)).toBe("[I 2026-11-02 03:04:05] hello");
    expect(formatLogLine({ ...RECORD, level: "debug" })).toMatch(/^\[D /);
    expect(formatLogLine({ ...RECORD, level: "warn" })).toMatch(/^\[W /);
    expect(formatLogLine({ ...RECORD, level: "error" })).toMatch(/^\[E /);
  });

  test("writes the right second, whatever came before", () => {
    const start = new Date(2026, 11, 31, 23, 59, 58).getTime();
    const lines: [milliseconds: number, shown: string][] = [
      [0, "2026-12-31 23:59:58"],
      [999, "2026-12-31 23:59:58"],
      [1000, "2026-12-31 23:59:59"],
      [999, "2026-12-31 23:59:58"],
      [2000, "2027-01-01 00:00:00"],
      [2000.5, "2027-01-01 00:00:00"],
    ];
    for (const [milliseconds, shown] of lines) {
      const time = start + milliseconds;
      expect(formatLogLine({ ...RECORD, time })).toBe(`[I ${shown}] hello`);
    }
    expect(formatLogLine({ ...RECORD, time: -1 })).not.toContain("NaN");
  });

  test("names the client and the user of a session", () => {
    expect(formatLogLine({ ...RECORD, session: SESSION })).toBe(
      "[I 2026-11-02 03:04:05] 127.0.0.1:38006-[user] hello",
    );
    const guest = { ...SESSION, remoteHostname: "::1", username: "" };
    expect(formatLogLine({ ...RECORD, session: guest })).toBe(
      "[I 2026-11-02 03:04:05] [::1]:38006-[] hello",
    );
  });

  test("names the session as it is told, without control characters", () => {
    const prefix = ({ username }: LogSession) => `<${username}>\r\n[E`;
    expect(formatLogLine({ ...RECORD, session: SESSION }, { prefix })).toMatch(
      /^\[I .{19}\] <user>[^\r\n]*\[E hello$/,
    );
    expect(formatLogLine(RECORD, { prefix })).not.toContain("<user>");
  });

  test("colours the prefix only, by level", () => {
    const colours = { debug: 34, info: 32, warn: 33, error: 31 } as const;
    for (const [level, colour] of Object.entries(colours)) {
      const record = { ...RECORD, level: level as LogRecord["level"] };
      const bare = formatLogLine(record).slice(0, -" hello".length);
      expect(formatLogLine(record, { colour: true })).toBe(
        `\x1b[${colour}m${bare}\x1b[0m hello`,
      );
    }
  });

  test("indents further lines by four spaces", () => {
    expect(formatLogLine({ ...RECORD, message: "one\ntwo\nthree" })).toBe(
      "[I 2026-11-02 03:04:05] one\n    two\n    three",
    );
  });

  test("shows the stack of an error", () => {
    const record: LogRecord = {
      ...RECORD,
      level: "error",
      message: "Cannot run STOR: Error: oops",
      fields: { stack: "Error: oops\n    at stor (x.ts:1:2)" },
    };
    expect(formatLogLine(record)).toBe(
      "[E 2026-11-02 03:04:05] Cannot run STOR: Error: oops\n" +
        "    Error: oops\n" +
        "        at stor (x.ts:1:2)",
    );
  });

  test("lets no text forge a record or move the cursor", () => {
    for (
      const evil of [
        "\r",
        "\x1b[2J",
        "\0",
        "\x7f",
        "\x9b",
        "\u2028",
        "\u202e",
        "\udcff",
      ]
    ) {
      const line = formatLogLine({
        ...RECORD,
        message: `a${evil}b`,
        session: { ...SESSION, username: `c${evil}d\n[I ` },
      });
      expect(line).not.toContain(evil);
      expect(line).not.toContain("\n");
      expect(line).toMatch(/a.+b$/);
    }
  });

  test("escapes what is escaped already no second time", () => {
    expect(formatLogLine({ ...RECORD, message: "CWD /a\\x0ab 'x'" })).toBe(
      "[I 2026-11-02 03:04:05] CWD /a\\x0ab 'x'",
    );
  });
});
