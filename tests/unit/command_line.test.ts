import { describe, expect, test } from "vitest";
import {
  escapeText,
  hasControlCharacter,
  maskCommandLine,
  parseCommandLine,
  telnetVerb,
} from "../../lib/protocol/command_line.ts";
import { textCodec } from "../../lib/protocol/text_codec.ts";

const preserve = textCodec("utf-8", "preserve");
const parse = (text: string) =>
  parseCommandLine(preserve.encode(text), preserve)!;

describe("parseCommandLine()", () => {
  test.each([
    ["PWD", "PWD", ""],
    ["pwd", "PWD", ""],
    ["Retr a b.txt", "RETR", "a b.txt"],
    ["CWD  d", "CWD", " d"],
    ["CWD d ", "CWD", "d "],
    ["CWD\td", "CWD\tD", ""],
    ["NOOP ", "NOOP", ""],
    ["PWD  ", "PWD", " "],
    ["", "", ""],
    [" PWD", "", "PWD"],
    ["CWD é", "CWD", "é"],
    ["NOOP\n", "NOOP\n", ""],
    ["site", "SITE", ""],
    ["SITE ", "SITE", ""],
    ["site chmod 644 a b", "SITE CHMOD", "644 a b"],
    ["SITE help", "SITE HELP", ""],
    ["SITE  CHMOD 644", "SITE ", "CHMOD 644"],
  ])("cuts %j into %j and %j", (line, verb, argument) => {
    expect(parse(line)).toMatchObject({ verb, argument });
  });

  test("letters that grow in upper case do not move the argument", () => {
    expect(parse("ßX abc")).toMatchObject({ verb: "ßX", argument: "abc" });
  });

  test("only ASCII letters are folded: a long s makes no SITE", () => {
    expect(parse("\u017fite chmod 1 a").verb).toBe("\u017fITE");
  });

  test("keeps the verb as it was typed", () => {
    expect(parse("pAsS x").typed).toBe("pAsS");
    expect(parse("Site cHmod 1 a").typed).toBe("Site cHmod");
  });

  test("drops Telnet codes in front, however many are left", () => {
    const abor = preserve.encode("abor");
    const codes = [0xff, 0xf4, 0xff, 0xf2];
    for (let from = 0; from <= codes.length; from++) {
      const line = Uint8Array.from([...codes.slice(from), ...abor]);
      expect(parseCommandLine(line, preserve)).toEqual({
        verb: "ABOR",
        argument: "",
        typed: "abor",
      });
    }
    expect(parseCommandLine(Uint8Array.from(codes), preserve)?.verb).toBe("");
  });

  test("keeps such bytes in an argument", () => {
    const line = Uint8Array.from([...preserve.encode("MKD a"), 0xff, 0xf4]);
    expect(parseCommandLine(line, preserve)?.argument).toBe("a\udcff\udcf4");
  });

  test("answers null only when the codec is strict", () => {
    const line = Uint8Array.from([...preserve.encode("MKD "), 0xe9]);
    expect(parseCommandLine(line, textCodec("utf8", "strict"))).toBeNull();
    expect(parseCommandLine(line, textCodec("utf8", "replace"))?.argument)
      .toBe("\ufffd");
  });
});

describe("telnetVerb()", () => {
  test.each([
    ["\udcf2ABOR", "ABOR"],
    ["XXSTAT", "STAT"],
    ["SITESTAT", "STAT"],
    ["SITE ABOR", "ABOR"],
    ["QUIT", "QUIT"],
    ["XPWD", null],
    ["ABORT", null],
    ["", null],
  ])("%j runs as %j", (verb, expected) => {
    expect(telnetVerb(verb)).toBe(expected);
  });
});

describe("maskCommandLine()", () => {
  test.each([
    ["PASS secret", "PASS ******"],
    ["pass secret", "pass ******"],
    ["PASS", "PASS ******"],
    ["PASS secret with spaces", "PASS ******"],
    ["ACCT secret", "ACCT ******"],
    ["XPASS secret", "XPASS ******"],
    [" PASS secret", " PASS ******"],
    ["  pass secret", "  pass ******"],
    ["\tPASS\tsecret", "\\x09PASS ******"],
    ["PASS\tsecret", "PASS ******"],
    ["PASSsecret", "PASS ******"],
    ["SITE PASS secret", "SITE PASS ******"],
    ["SITE PASSWD secret", "SITE PASS ******"],
    ["FOO XPASS secret", "FOO XPASS ******"],
    ["USER bob PASS secret", "USER bob PASS ******"],
    ["USER bob\nPASS secret", "USER bob\\x0aPASS ******"],
  ])("hides the secret of %j", (line, expected) => {
    expect(maskCommandLine(parse(line))).toBe(expected);
    expect(maskCommandLine(parse(line))).not.toContain("secret");
  });

  test.each([
    ["RETR passport.txt", "RETR passport.txt"],
    ["cwd compass", "cwd compass"],
    ["CWD /home/pass", "CWD /home/pass"],
    ["PASV", "PASV"],
    ["SITE CHMOD 644 a", "SITE CHMOD 644 a"],
    ["SITE  CHMOD 644 a", "SITE  CHMOD 644 a"],
    ["MKD a\nb\udce9", "MKD a\\x0ab\\xe9"],
  ])("shows %j", (line, expected) => {
    expect(maskCommandLine(parse(line))).toBe(expected);
  });
});

describe("escapeText()", () => {
  test("no line break, control or direction mark gets through", () => {
    const harmful = [
      ..."\0\t\n\v\f\r\x1b\x7f\x80\x85\x9b\u061c\u200e\u200f\u2028\u2029",
      ..."\u202a\u202e\u2066\u2069\ufeff\udce9",
    ];
    for (const character of [...harmful, "\ud800", "\udc00"]) {
      expect(escapeText(`a${character}b`)).toMatch(
        /^a\\(x[0-9a-f]{2}|u[0-9a-f]{4})b$/,
      );
    }
  });

  test.each([
    ["\n", "\\x0a"],
    ["\udce9", "\\xe9"],
    ["\u2028", "\\u2028"],
    ["\ud800", "\\ud800"],
    ["\x85", "\\x85"],
  ])("writes %j as %s", (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  test("leaves readable text alone, and is the same when done twice", () => {
    expect(escapeText("/a b/é/日本/😀")).toBe("/a b/é/日本/😀");
    expect(escapeText(escapeText("a\nb"))).toBe("a\\x0ab");
  });
});

test("hasControlCharacter() finds NUL, CR and LF and nothing else", () => {
  for (const text of ["\0", "a\rb", "a\n"]) {
    expect(hasControlCharacter(text)).toBe(true);
  }
  for (const text of ["", "a b", "\t", "\x7f", "é"]) {
    expect(hasControlCharacter(text)).toBe(false);
  }
});
