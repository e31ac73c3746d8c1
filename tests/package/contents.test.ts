import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Consumer, ROOT } from "./_packed.ts";

let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer();
}, 120_000);
afterAll(() => consumer?.remove());

/** The sources that are published. */
function sources(): readonly string[] {
  const below = ["lib", "adapters"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
  );
  return ["mod.ts", "cli.ts", ...below];
}

describe("the package", () => {
  test("holds sources, what is built of them, documents, and no more", () => {
    const built = sources().flatMap((source) =>
      [".js", ".js.map", ".d.ts", ".d.ts.map"].map((extension) =>
        join("dist", source.replace(/\.ts$/, extension))
      )
    );
    expect(consumer.files()).toEqual([
      ...sources(),
      ...built,
      "package.json",
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "schema/account.schema.json",
      "schema/config.schema.json",
      "schema/users.schema.json",
    ].sort());
  });

  test("has maps that lead to its sources", () => {
    const maps = consumer.files().filter((name) => name.endsWith(".map"));
    expect(maps.length).toBeGreaterThan(100);
    const lost = maps.flatMap((name) => {
      const map = JSON.parse(consumer.read(name)) as { sources: string[] };
      return map.sources.map((source) => join(dirname(name), source))
        .filter((path) => !existsSync(join(consumer.installed, path)));
    });
    expect(lost).toEqual([]);
  });

  test("has every file that its manifest names", () => {
    const manifest = JSON.parse(consumer.read("package.json")) as {
      readonly exports: Readonly<Record<string, string | object>>;
      readonly bin: Readonly<Record<string, string>>;
    };
    const named = [
      ...Object.values(manifest.exports).flatMap((target) =>
        typeof target === "string" ? [target] : Object.values(target)
      ),
      ...Object.values(manifest.bin),
    ].map((path) => normalize(path));
    const files = consumer.files();
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  test("needs few other packages, and can use another", () => {
    const manifest = JSON.parse(consumer.read("package.json"));
    expect(Object.keys(manifest.dependencies)).toEqual([
      // For Argon2 where the runtime lacks it, and for bcrypt.
      "@noble/hashes",
      "bcryptjs",
      // For who is on, on a terminal.
      "log-update",
      // For the certificate of --tls alone.
      "node-forge",
      // For TOML.
      "smol-toml",
      // For who is on, too.
      "string-width",
    ]);
    expect(manifest).not.toHaveProperty("peerDependencies");
    // For sendfile(2), where Node has no way to call C.
    expect(Object.keys(manifest.optionalDependencies)).toEqual(["koffi"]);
    expect(
      readdirSync(consumer.at("node_modules")).filter((name) =>
        !name.startsWith(".") && !["koffi", "@koromix"].includes(name)
      ),
    ).toEqual([
      "@noble",
      "ansi-escapes",
      "ansi-regex",
      "ansi-styles",
      "anyftpd",
      "bcryptjs",
      "cli-cursor",
      "environment",
      "get-east-asian-width",
      "is-fullwidth-code-point",
      "log-update",
      "mimic-function",
      "node-forge",
      "onetime",
      "restore-cursor",
      "signal-exit",
      "slice-ansi",
      "smol-toml",
      "string-width",
      "strip-ansi",
      "wrap-ansi",
    ]);
  });
});
