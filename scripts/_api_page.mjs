// deno-lint-ignore-file explicit-module-boundary-types -- JavaScript, so that
// Node 20 runs it too
// The list of everything that the package exports, from its doc comments.
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./_runtimes.mjs";

const KINDS = [
  ["class", "Classes"],
  ["function", "Functions"],
  ["variable", "Values"],
  ["interface", "Interfaces"],
  ["typeAlias", "Types"],
];

/** Exported by all adapters and by `anyftpd`: told once, for `anyftpd`. */
const MAIN = "anyftpd";

/** @param {readonly object[]} entries `name`, `source`, `module` of each */
export function apiPage(entries) {
  const main = entries.find(({ name }) => name === MAIN);
  const known = new Set(main.module.symbols.map(({ name }) => name));
  const parts = [HEAD];
  for (const { name, module } of entries) {
    const symbols = module.symbols
      .filter((symbol) => name === MAIN || !known.has(symbol.name));
    parts.push(`## \`${name}\``);
    const shared = module.symbols.length - symbols.length;
    const [summary = ""] = [module.module_doc?.doc].map(firstSentence);
    parts.push(summary);
    if (shared > 0) {
      parts.push(`Also has ${shared} names of \`${MAIN}\`, listed there.`);
    }
    parts.push(...listsOf(symbols));
  }
  return parts.filter((part) => part !== "").join("\n\n") + "\n";
}

const HEAD = `# API

Everything that the package exports, made from the doc comments by
\`npm run docs\`. \`npm run docs:html\` writes the whole reference with
parameters, errors and examples into \`dist-docs/\`; in an editor the same text
stands beside each name.`;

function listsOf(symbols) {
  return KINDS.flatMap(([kind, title]) => {
    const lines = symbols.map(({ name, declarations }) => ({
      name,
      declaration: declarations[0],
    })).filter(({ declaration }) => declaration.kind === kind)
      .sort((a, b) => a.name < b.name ? -1 : 1)
      .map(({ name, declaration }) => lineOf(name, declaration));
    return lines.length === 0 ? [] : [`### ${title}`, lines.join("\n")];
  });
}

function lineOf(name, declaration) {
  const members = membersOf(declaration).map((member) => `\`${member}\``);
  const text = `- [\`${name}\`](${linkOf(declaration)}): ` +
    firstSentence(declaration.jsDoc?.doc);
  return members.length === 0 ? text : `${text} Has ${members.join(", ")}.`;
}

function membersOf({ def = {} }) {
  const members = [...def.properties ?? [], ...def.methods ?? []];
  return members.filter(({ accessibility }) => accessibility !== "private")
    .map(({ name, optional, kind, params }) =>
      kind === "method" || params !== undefined && kind !== "getter"
        ? `${name}()`
        : `${name}${optional ? "?" : ""}`
    ).filter((name) => !name.startsWith("["));
}

/** Without the line: that moves with every change above it. */
function linkOf({ location }) {
  const path = relative(ROOT, fileURLToPath(location.filename));
  return `../${path.replaceAll("\\", "/")}`;
}

function firstSentence(doc = "") {
  const [paragraph] = doc.trim().split(/\n\s*\n/);
  const text = paragraph.replaceAll(/\s+/g, " ")
    .replaceAll(/\{@linkcode ([^}]+)\}/g, "`$1`");
  const end = /[.:](?= [A-Z`]|$)/.exec(text);
  return end === null ? text : text.slice(0, end.index) + ".";
}
