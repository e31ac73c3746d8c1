import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const LIB = fileURLToPath(new URL("../../lib/", import.meta.url));

/** A file may import from its own folder and from lower ones. */
const FLOORS: readonly (readonly string[])[] = [
  ["base"],
  ["spi"],
  ["protocol", "auth", "fs", "contract"],
  ["transfer"],
  ["session"],
  ["commands"],
  ["server"],
  // The public names of all of the above: `lib/mod.ts`.
  [""],
  ["cli"],
];

/** On one floor, but not beside each other: both use the text functions. */
const SIDEWAYS: ReadonlySet<string> = new Set(["auth>protocol", "fs>protocol"]);

const IMPORT = /^\s*(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gm;
const BARE_IMPORT = /^\s*import\s+"([^"]+)"/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*"([^"]+)"/g;

function floorOf(folder: string): number {
  return FLOORS.findIndex((folders) => folders.includes(folder));
}

function folderOf(path: string): string {
  const parts = relative(LIB, path).split(/[\\/]/);
  return parts.length === 1 ? "" : parts[0]!;
}

/** Why `from` may not import `specifier`; `null` when it may. */
function objection(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) {
    return "imports a package or a runtime module";
  }
  if (!specifier.endsWith(".ts")) return "imports without .ts";
  const target = join(dirname(from), specifier);
  if (relative(LIB, target).startsWith("..")) return "leaves lib/";
  const here = folderOf(from);
  const there = folderOf(target);
  if (here === there) return null;
  if (floorOf(there) < 0) return "imports from a folder that has no floor";
  if (floorOf(there) < floorOf(here)) return null;
  if (SIDEWAYS.has(`${here}>${there}`)) return null;
  return "imports from a higher floor, or across";
}

function importsOf(source: string): readonly string[] {
  // Examples in doc comments import the package by its name.
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "");
  return [IMPORT, BARE_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => match[1]!)
  );
}

describe("the floors of lib/", () => {
  const files = readdirSync(LIB, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts")).sort();

  test("every folder has its floor", () => {
    const folders = new Set(files.map((name) => folderOf(join(LIB, name))));
    expect(files.length).toBeGreaterThan(20);
    expect([...folders].filter((folder) => floorOf(folder) < 0)).toEqual([]);
  });

  test("every import leads to the same floor or a lower one", () => {
    const objections: string[] = [];
    let seen = 0;
    for (const name of files) {
      const path = join(LIB, name);
      for (const specifier of importsOf(readFileSync(path, "utf8"))) {
        seen++;
        const why = objection(path, specifier);
        if (why !== null) objections.push(`${name} ${why}: ${specifier}`);
      }
    }
    expect(seen).toBeGreaterThan(50);
    expect(objections).toEqual([]);
  });

  test("an upward import, a package and an adapter would be found", () => {
    const from = join(LIB, "protocol", "reply.ts");
    for (
      const specifier of [
        "../session/state.ts",
        "../auth/password.ts",
        "../../adapters/node.ts",
        "../mod.ts",
        "node:fs",
        "../base/bytes.js",
      ]
    ) {
      expect(objection(from, specifier), specifier).not.toBeNull();
    }
    expect(objection(from, "../base/bytes.ts")).toBeNull();
    expect(importsOf('import {\n  a,\n  type B,\n} from "../x.ts";\n')).toEqual(
      [
        "../x.ts",
      ],
    );
  });
});
