import { describe, expect, test } from "vitest";
import { OPTION_SPECS } from "../../lib/cli/options.ts";
import { USAGE } from "../../lib/cli/usage.ts";

/** `-p, --port PORT` lines, as name to the pieces before the explanation. */
function documented(): Map<string, { short: string; value: string }> {
  const found = new Map<string, { short: string; value: string }>();
  const pattern = /^ {2}(?:-(\w), | {4})--([a-z-]+)(?: ([A-Z-]+))?(?: |$)/gm;
  for (const [, short, name, value] of USAGE.matchAll(pattern)) {
    expect(found.has(name!), `--${name} is explained once`).toBe(false);
    found.set(name!, { short: short ?? "", value: value ?? "" });
  }
  return found;
}

describe("USAGE", () => {
  test("explains every option, and none that does not exist", () => {
    const explained = [...documented().keys()].sort();
    expect(explained).toEqual(OPTION_SPECS.map(({ name }) => name).sort());
  });

  test("says of each option its letter and whether it takes a value", () => {
    for (const spec of OPTION_SPECS) {
      const entry = documented().get(spec.name);
      expect(entry?.short, spec.name).toBe(spec.short ?? "");
      expect(entry?.value !== "", spec.name).toBe(spec.takesValue === true);
    }
  });

  test("fits 80 columns and ends in a line end", () => {
    for (const line of USAGE.split("\n")) {
      expect(line.length, line).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
    expect(USAGE.endsWith("\n")).toBe(true);
    expect(USAGE).not.toContain("\t");
  });
});
