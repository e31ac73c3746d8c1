// Writes what in docs/ follows from other files: the programs of the tutorial,
// the list of the API and the keys of the configuration.
//
//   node scripts/docs.mjs [--check | --html]
//
// `--check` writes nothing and fails when something is out of date. `--html`
// writes the whole API reference into `dist-docs/`.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { apiPage } from "./_api_page.mjs";
import { configReference, withReference } from "./_config_page.mjs";
import { deno, ROOT } from "./_runtimes.mjs";

const EXAMPLE = /^<!-- example: (\w+) -->\n(?:\n```ts\n[^]*?^```\n)?/gm;

const PAGES = [
  ["docs/tutorial.md", (text) => withExamples(text)],
  ["docs/api.md", () => formatted(apiPage(documentation()))],
  ["docs/configuration.md", (text) => formatted(withKeys(text))],
];

/**
 * The program without the comment for the linter, as it would be beside the
 * installed package.
 */
function withExamples(text) {
  return text.replace(EXAMPLE, (_, name) => {
    const path = join(ROOT, "examples", `${name}.ts`);
    if (!existsSync(path)) throw new Error(`Cannot show ${name}: no example`);
    const program = readFileSync(path, "utf8")
      .replace(/^\/\/ deno-lint.*\n+/, "")
      .replaceAll('"../mod.ts"', '"anyftpd"');
    return `<!-- example: ${name} -->\n\n\`\`\`ts\n${program}\`\`\`\n`;
  });
}

/** The keys of the configuration, as the sources describe them. */
function withKeys(text) {
  const program = `
    import { CONFIG_SECTIONS } from "./lib/cli/config_schema.ts";
    import { CONFIG_KEYS, variableOf } from "./lib/cli/config_value.ts";
    const variables = Object.fromEntries(
      CONFIG_KEYS.map(({ path }) => [path.join("."), variableOf(path)]),
    );
    console.log(JSON.stringify({ sections: CONFIG_SECTIONS, variables }));`;
  const { sections, variables } = JSON.parse(
    runDeno(["eval", "--ext=ts", program]),
  );
  return withReference(
    text,
    configReference(sections, (path) => variables[path.join(".")]),
  );
}

function runDeno(args, input) {
  const { program } = deno();
  const result = spawnSync(program, args, {
    cwd: ROOT,
    encoding: "utf8",
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout;
}

/** What Deno knows of every entry of the package, by its name. */
function documentation() {
  const { exports } = JSON.parse(
    readFileSync(join(ROOT, "deno.json"), "utf8"),
  );
  return Object.entries(exports).map(([entry, source]) => {
    const { nodes } = JSON.parse(runDeno(["doc", "--json", source]));
    const [module] = Object.values(nodes);
    return { name: entry.replace(/^\./, "anyftpd"), source, module };
  });
}

function formatted(text) {
  return runDeno(["fmt", "--ext=md", "-"], text);
}

const [mode] = process.argv.slice(2);
let stale = 0;
if (mode === "--html") {
  const html = ["doc", "--html", "--name=anyftpd", "--output=dist-docs"];
  process.stdout.write(runDeno([...html, "mod.ts", "adapters/memory.ts"]));
} else {
  for (const [name, make] of PAGES) {
    const path = join(ROOT, name);
    const before = existsSync(path) ? readFileSync(path, "utf8") : "";
    const after = make(before);
    if (before === after) continue;
    stale++;
    if (mode === "--check") {
      process.stdout.write(`${name} is out of date: npm run docs\n`);
    } else writeFileSync(path, after);
  }
}
process.exitCode = mode === "--check" && stale > 0 ? 1 : 0;
