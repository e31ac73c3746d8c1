import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const { exports: entries } = JSON.parse(
  readFileSync(new URL("deno.json", import.meta.url), "utf8"),
) as { readonly exports: Readonly<Record<string, string>> };

const config: ReturnType<typeof defineConfig> = defineConfig({
  resolve: {
    // Examples name the package; tests run them with its sources.
    alias: Object.entries(entries).map(([entry, source]) => ({
      find: new RegExp(`^${entry.replace(/^\./, "anyftpd")}$`),
      replacement: fileURLToPath(new URL(source, import.meta.url)),
    })),
  },
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 20_000,
  },
});

export default config;
