import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SERVER } from "../support/tls_certificates.ts";
import { runtimeName } from "../../adapters/_runtime.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { USAGE } from "../../lib/cli/usage.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "ARCHITECTURE.md",
  "bench/README.md",
  "deploy/README.md",
  "docs/configuration.md",
];

interface Block {
  readonly document: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

function blocksOf(document: string): readonly Block[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    document,
    line: text.slice(0, match.index).split("\n").length,
    language: match[1]!,
    text: match[2]!,
  }));
}

function titleOf(block: Block): string {
  return `${block.document}:${block.line}`;
}

const present = DOCUMENTS.filter((name) => existsSync(join(ROOT, name)));
const blocks = present.flatMap(blocksOf);
const programs = blocks.filter(({ document, language }) =>
  document === "README.md" && language === "ts"
);
const scripts = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  .scripts as Readonly<Record<string, string>>;
const entries = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"))
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
 * The program on a free port, with a certificate of ours, leaving its server to the test. Its adapter is
 * that of the runtime of the tests: all offer the same names.
 */
function runnable(block: Block): string {
  return block.text
    .replace(/"anyftpd\/node"/g, `"anyftpd/${runtimeName()}"`)
    .replace(/"(anyftpd[^"]*)"/g, (_, name) => JSON.stringify(sourceOf(name)))
    .replace(/"(\w+\.pem)"/g, (_, name) => JSON.stringify(join(folder, name)))
    .replace(/port: \d+/g, "port: 0") + "export { server };\n";
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "anyftpd-readme-"));
  writeFileSync(join(folder, "fullchain.pem"), SERVER.cert);
  writeFileSync(join(folder, "privkey.pem"), SERVER.key);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the programs in the README", () => {
  test("are there", () => expect(programs.length).toBeGreaterThan(0));

  test("have the right types", () => {
    programs.forEach((block, at) =>
      writeFileSync(join(folder, `program${at}.ts`), runnable(block))
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(ROOT, "tsconfig.tests.json"),
        compilerOptions: {
          isolatedDeclarations: false,
          declaration: false,
          typeRoots: [join(ROOT, "node_modules/@types")],
        },
        include: ["*.ts"],
      }),
    );
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    // What the compiler must complain about, lest it checks nothing.
    writeFileSync(join(folder, "wrong.ts"), "export const one: string = 1;\n");
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const checked = spawnSync("node", [compiler, "-p", folder], {
      encoding: "utf8",
    });
    const complaints = checked.stdout.split("\n")
      .filter((line) => /\b(program\d+|wrong)\.ts\(/.test(line));
    expect(complaints).toEqual([expect.stringMatching(/wrong\.ts\(1,14\)/)]);
  }, 60_000);

  for (const block of programs) {
    test(`run as they stand: ${titleOf(block)}`, async () => {
      const path = join(folder, `run${block.line}.ts`);
      writeFileSync(path, runnable(block));
      const { server } = await import(pathToFileURL(path).href) as {
        readonly server: { close(): Promise<void> };
      };
      await server.close();
    });
  }
});

describe("the commands in the documents", () => {
  const lines = blocks.filter(({ language }) => language === "sh")
    .flatMap((block) =>
      block.text.trimEnd().split("\n").map((text) => ({
        title: `${titleOf(block)}: ${text}`,
        words: text.split(/\s+/),
      }))
    );

  test("are there", () => expect(lines.length).toBeGreaterThan(5));

  for (const { title, words } of lines) {
    test(`can be typed: ${title}`, () => {
      const [program, ...rest] = words;
      if (program === "npm") {
        const [verb, name] = rest;
        if (verb === "run") expect(scripts).toHaveProperty(name!);
        else if (verb !== "install") expect(scripts).toHaveProperty(verb!);
        const dashes = rest.indexOf("--");
        if (verb === "start" && dashes > 0) {
          parseCommandLineOptions(rest.slice(dashes + 1));
        }
      } else if (program === "anyftpd") {
        parseCommandLineOptions(rest);
      }
      for (const word of words) {
        if (!/^(tests|bench|adapters|lib|\.ci)\//.test(word)) continue;
        expect(existsSync(join(ROOT, word)), word).toBe(true);
      }
    });
  }
});

describe("the documents", () => {
  test("show the help as the command prints it", () => {
    const shown = blocksOf("README.md").map(({ text }) => text);
    expect(shown).toContain(USAGE);
  });

  test("link to files that are there", () => {
    const missing: string[] = [];
    for (const document of present) {
      const text = readFileSync(join(ROOT, document), "utf8");
      for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        const path = join(ROOT, dirname(document), target!);
        if (!existsSync(path)) missing.push(`${document}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
