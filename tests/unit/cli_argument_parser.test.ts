import { describe, expect, test } from "vitest";
import {
  type OptionSpec,
  parseArguments,
} from "../../lib/cli/argument_parser.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

const SPECS: readonly OptionSpec[] = [
  { name: "port", short: "p", takesValue: true },
  { name: "banner", takesValue: true },
  { name: "write", short: "w" },
  { name: "debug", short: "D" },
];

function parse(...args: string[]): {
  values: Record<string, string>;
  switches: string[];
  positionals: readonly string[];
} {
  const parsed = parseArguments(args, SPECS);
  return {
    values: Object.fromEntries(parsed.values),
    switches: [...parsed.switches],
    positionals: parsed.positionals,
  };
}

describe("parseArguments()", () => {
  for (
    const [args, value] of [
      [["-p", "21"], "21"],
      [["-p21"], "21"],
      [["-p=21"], "21"],
      [["--port", "21"], "21"],
      [["--port=21"], "21"],
      [["--port="], ""],
      [["--port", ""], ""],
      [["--port=a=b"], "a=b"],
      [["--port=-1"], "-1"],
      [["-p-1"], "-1"],
      [["-p", "-"], "-"],
      [["-p", "1", "-p", "2"], "2"],
      [["-wp", "21"], "21"],
    ] as const
  ) {
    test(`reads the value of ${JSON.stringify(args)}`, () => {
      expect(parse(...args).values).toEqual({ port: value });
    });
  }

  test("reads switches one by one and in one word", () => {
    expect(parse("-w", "--debug").switches).toEqual(["write", "debug"]);
    expect(parse("-wD").switches).toEqual(["write", "debug"]);
    expect(parse("-Dwp21")).toEqual({
      values: { port: "21" },
      switches: ["debug", "write"],
      positionals: [],
    });
  });

  test("keeps words that are no options, wherever they stand", () => {
    expect(parse("a", "-w", "b c", "-").positionals).toEqual(["a", "b c", "-"]);
    expect(parse("-w", "--", "-p", "--x")).toEqual({
      values: {},
      switches: ["write"],
      positionals: ["-p", "--x"],
    });
  });

  for (
    const [args, message] of [
      [["-p"], "argument -p/--port: expected one argument"],
      [["-p", "-w"], "argument -p/--port: expected one argument"],
      [["-p", "--"], "argument -p/--port: expected one argument"],
      [["--banner"], "argument --banner: expected one argument"],
      [["--write=yes"], "argument -w/--write: takes no value"],
      [["-x"], "unknown option: -x"],
      [["-wx"], "unknown option: -x"],
      [["--nope"], "unknown option: --nope"],
      [["--nope=secret"], "unknown option: --nope"],
      [["--constructor"], "unknown option: --constructor"],
    ] as const
  ) {
    test(`refuses ${JSON.stringify(args)}`, () => {
      expect(() => parse(...args)).toThrow(new UsageError(message));
    });
  }
});
