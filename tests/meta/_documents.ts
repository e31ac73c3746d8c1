import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../adapters/_runtime.ts";

/** The folder of the checkout. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** A part of a document between fences. */
export interface Block {
  readonly document: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** Every document that readers of the project are led to. */
export const DOCUMENTS: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "ARCHITECTURE.md",
  "bench/README.md",
  "deploy/README.md",
  ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"))
    .sort().map((name) => `docs/${name}`),
].filter((name) => existsSync(join(ROOT, name)));

/** The text of a document. */
export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

/** What stands between fences in a document. */
export function blocksOf(document: string): readonly Block[] {
  const text = textOf(document);
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    document,
    line: text.slice(0, match.index).split("\n").length,
    language: match[1]!,
    text: match[2]!,
  }));
}

/** Where a block is, for the names of tests. */
export function titleOf(block: Block): string {
  return `${block.document}:${block.line}`;
}

const entries = JSON.parse(textOf("deno.json"))
  .exports as Readonly<Record<string, string>>;

/** `anyftpd/core` as a path of this checkout. */
function sourceOf(specifier: string): string {
  const entry = entries[specifier.replace(/^anyftpd/, ".")];
  if (entry === undefined) {
    throw new Error(`Cannot find ${specifier}: no entry`);
  }
  return join(ROOT, entry);
}

/**
 * The program on a free port, with the files of `folder`, leaving its server to
 * the test. Its adapter is that of the runtime of the tests: all offer the same
 * names.
 */
export function runnable(block: Block, folder: string): string {
  const text = block.text
    .replace(/"anyftpd\/node"/g, `"anyftpd/${runtimeName()}"`)
    .replace(
      /"(anyftpd(?:\/\w+)?)"/g,
      (_, name) => JSON.stringify(sourceOf(name)),
    )
    .replace(
      /"(\w+\.(?:pem|json))"/g,
      (_, name) => JSON.stringify(join(folder, name)),
    )
    .replace(/port: \d+/g, "port: 0");
  return /^const server\b/m.test(text)
    ? `${text}export { server };\n`
    : `${text}export {};\n`;
}
