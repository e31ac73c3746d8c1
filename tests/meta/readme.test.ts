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
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SERVER } from "../support/tls_certificates.ts";
import { parseCommandLineOptions } from "../../lib/cli/options.ts";
import { USAGE } from "../../lib/cli/usage.ts";
import {
  blocksOf,
  DOCUMENTS,
  ROOT,
  runnable,
  textOf,
  titleOf,
} from "./_documents.ts";

const blocks = DOCUMENTS.flatMap(blocksOf);
// Those of the tutorial are those of examples/, whose tests run them.
const programs = blocks.filter(({ document, language }) =>
  language === "ts" && document !== "docs/tutorial.md"
);
const scripts = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"))
  .scripts as Readonly<Record<string, string>>;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "anyftpd-readme-"));
  writeFileSync(join(folder, "fullchain.pem"), SERVER.cert);
  writeFileSync(join(folder, "privkey.pem"), SERVER.key);
  writeFileSync(join(folder, "users.json"), '{ "users": {} }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the programs in the documents", () => {
  test("are there", () => expect(programs.length).toBeGreaterThan(0));

  test("have the right types", () => {
    programs.forEach((block, at) =>
      writeFileSync(join(folder, `program${at}.ts`), runnable(block, folder))
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
      const at = programs.indexOf(block);
      const path = join(folder, `run${at}.ts`);
      writeFileSync(path, runnable(block, folder));
      const { server } = await import(pathToFileURL(path).href) as {
        readonly server?: { close(): Promise<void> };
      };
      await server?.close();
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
  test("that are made from other files are up to date", () => {
    const script = join(ROOT, "scripts/docs.mjs");
    const checked = spawnSync("node", [script, "--check"], {
      encoding: "utf8",
    });
    expect(checked.stdout + checked.stderr).toBe("");
    expect(checked.status).toBe(0);
  }, 60_000);

  test("show the help as the command prints it", () => {
    const shown = blocksOf("README.md").map(({ text }) => text);
    expect(shown).toContain(USAGE);
  });

  test("link to files that are there", () => {
    const missing: string[] = [];
    for (const document of DOCUMENTS) {
      const text = textOf(document);
      for (const [, target] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue;
        const path = join(ROOT, dirname(document), target!);
        if (!existsSync(path)) missing.push(`${document}: ${target}`);
      }
    }
    expect(missing).toEqual([]);
  });
});
