// deno-lint-ignore-file explicit-module-boundary-types -- JavaScript, so that
// Node 20 runs it too
// The part of docs/configuration.md that is about each key, made of the schema
// of the configuration (lib/cli/config_schema.ts).
import { stringify } from "smol-toml";

/** What stands before and behind the generated part. */
export const BEGIN = "<!-- begin of the generated part -->";
export const END = "<!-- end of the generated part -->";

/** The part between the marks: a section for each one of the schema. */
export function configReference(sections, variableOf) {
  return sections.map(({ title, properties }) =>
    [
      `## ${title}\n`,
      ...Object.entries(properties).flatMap(([name, schema]) =>
        keyText([name], schema, variableOf)
      ),
    ].join("\n")
  ).join("\n");
}

/** The page with another generated part. */
export function withReference(page, reference) {
  const begin = page.indexOf(BEGIN) + BEGIN.length;
  const end = page.indexOf(END);
  return `${page.slice(0, begin)}\n\n${reference}\n${page.slice(end)}`;
}

function keyText(path, schema, variableOf) {
  const parts = [`### ${path.join(".")}\n`, schema.description];
  parts.push("", ...facts(path, schema, variableOf), "");
  for (const example of schema.examples ?? []) {
    const document = path.reduceRight(
      (inner, key) => ({ [key]: inner }),
      example,
    );
    parts.push("```toml", stringify(document).trim(), "```", "");
  }
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    parts.push(...keyText([...path, name], member, variableOf));
  }
  return parts;
}

function facts(path, schema, variableOf) {
  const lines = [`- Type: ${typeOf(schema)}`];
  if (schema.default !== undefined) {
    lines.push(`- Default: ${code(schema.default)}`);
  }
  if (schema.minimum !== undefined || schema.maximum !== undefined) {
    lines.push(`- Allowed: ${rangeOf(schema)}`);
  }
  if (schema.enum !== undefined) {
    lines.push(`- One of: ${schema.enum.map(code).join(", ")}`);
  }
  lines.push(`- Variable: \`${variableOf(path)}\``);
  const inner = schema.items?.properties ??
    schema.additionalProperties?.properties;
  for (const [name, member] of Object.entries(inner ?? {})) {
    const value = member.default === undefined
      ? ""
      : ` Default: ${code(member.default)}.`;
    lines.push(
      `- \`${name}\` (${typeOf(member)}): ${member.description}${value}`,
    );
  }
  return lines;
}

function typeOf(schema) {
  if (schema.anyOf !== undefined) return schema.title;
  switch (schema.type) {
    case "object":
      return schema.title ?? "a table";
    case "array":
      return schema.items?.type === "object" ? "a list of tables" : "a list";
    case "integer":
      return "a whole number";
    case "boolean":
      return "true or false";
    default:
      return schema.title ?? "a text";
  }
}

function rangeOf({ minimum, maximum }) {
  if (maximum === undefined) return `${minimum} and more`;
  return `${minimum ?? "less"} to ${maximum}`;
}

function code(value) {
  return `\`${stringify({ x: value }).trim().replace(/^x = /, "")}\``;
}
