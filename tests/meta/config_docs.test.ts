import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tomlParser } from "../../adapters/_toml_parser.ts";
import { configObjections } from "../../lib/cli/config_checks.ts";
import {
  CONFIG_SECTIONS,
  type ConfigSection,
} from "../../lib/cli/config_schema.ts";
import { parseConfigText } from "../../lib/cli/config_text.ts";
import { CONFIG_KEYS, variableOf } from "../../lib/cli/config_value.ts";

const at = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));

const page = readFileSync(at("docs/configuration.md"), "utf8");

/** What scripts/_config_page.mjs exports. */
interface Generator {
  readonly BEGIN: string;
  readonly END: string;
  configReference(
    sections: readonly ConfigSection[],
    variableOf: (path: readonly string[]) => string,
  ): string;
}

/** The formatter chooses where lines end. */
function words(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

describe("docs/configuration.md", () => {
  test("has the keys as the schema describes them", async () => {
    const script = "../../scripts/_config_page.mjs";
    const generator = await import(script) as Generator;
    const begin = page.indexOf(generator.BEGIN) + generator.BEGIN.length;
    const end = page.indexOf(generator.END);
    expect(end).toBeGreaterThan(begin);
    const reference = generator.configReference(CONFIG_SECTIONS, variableOf);
    expect(
      words(page.slice(begin, end)),
      "run: npm run docs",
    ).toBe(words(reference));
  });

  test("has a heading and the variable of each key", () => {
    for (const { path } of CONFIG_KEYS) {
      expect(page).toContain(`### ${path.join(".")}\n`);
      expect(page).toContain(`\`${variableOf(path)}\``);
    }
  });

  const examples = [...page.matchAll(/^```toml\n([\s\S]*?)^```$/gm)]
    .map(([, text]) => text!);

  test("has examples", () => expect(examples.length).toBeGreaterThan(5));

  for (const text of examples) {
    const [first] = text.split("\n");
    test(`shows a configuration that is well: ${first}`, async () => {
      const { config } = parseConfigText(text, "a.toml", await tomlParser());
      const objections = [...configObjections(config)];
      // The example of a list of listeners is one without its certificate.
      const isPart = text.startsWith("[[listen]]");
      expect(objections.map(({ problem }) => problem))
        .toEqual(isPart ? ["needs tls"] : []);
    });
  }
});
