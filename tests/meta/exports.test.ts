import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { VERSION } from "../../lib/cli/version.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface NpmManifest {
  readonly version: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly exports: Readonly<
    Record<
      string,
      string | { readonly types: string; readonly default: string }
    >
  >;
}

interface DenoManifest {
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

const npm = readJson<NpmManifest>("package.json");
const deno = readJson<DenoManifest>("deno.json");

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(ROOT + name, "utf8")) as T;
}

/** What the build makes of a source: `./lib/mod.ts`, `./dist/lib/mod.js`. */
function built(source: string, extension: string): string {
  return source.replace(/^\.\//, "./dist/").replace(/\.ts$/, extension);
}

describe("the two manifests", () => {
  test("offer the same entries, from the same sources", () => {
    const { "./package.json": self, ...entries } = npm.exports;
    expect(self).toBe("./package.json");
    expect(Object.keys(entries).sort()).toEqual(
      Object.keys(deno.exports).sort(),
    );
    for (const [entry, source] of Object.entries(deno.exports)) {
      expect(entries[entry], entry).toEqual({
        types: built(source, ".d.ts"),
        default: built(source, ".js"),
      });
    }
  });

  test("offer only what is there", () => {
    for (const source of Object.values(deno.exports)) {
      expect(existsSync(ROOT + source), source).toBe(true);
    }
  });

  test("say the same version and licence as the sources", () => {
    expect(npm.version).toBe(VERSION);
    expect(deno.version).toBe(VERSION);
    expect(readFileSync(ROOT + "CHANGELOG.md", "utf8")).toContain(
      `## ${VERSION}`,
    );
    expect(deno.license).toBe(npm.license);
    expect(readFileSync(ROOT + "LICENSE", "utf8")).toMatch(/^MIT License\n/);
  });

  test("install a command that can be started", () => {
    expect(npm.bin).toEqual({ anyftpd: "dist/cli.js" });
    const source = readFileSync(ROOT + "cli.ts", "utf8");
    expect(source.startsWith("#!/usr/bin/env node\n")).toBe(true);
  });
});
