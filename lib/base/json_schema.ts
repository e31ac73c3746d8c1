/**
 * The part of JSON Schema (2020-12) that our files are described with.
 * `title` is a noun phrase for messages: `must be TITLE`.
 */
export interface JsonSchema {
  /** Which JSON Schema it is. */
  readonly $schema?: string;
  /** Where it is published. */
  readonly $id?: string;
  /** What a value is. */
  readonly title?: string;
  /** What a value means. */
  readonly description?: string;
  /** What holds when the value is left out. */
  readonly default?: unknown;
  /** Values that are allowed, for readers. */
  readonly examples?: readonly unknown[];
  /** Of the value. */
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  /** The only values that are allowed. */
  readonly enum?: readonly string[];
  /** Of which one has to hold; each has a `type` of its own. */
  readonly anyOf?: readonly JsonSchema[];
  /** Of an object, by name. */
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of an object. */
  readonly required?: readonly string[];
  /** Of an object: the values that `properties` does not name. */
  readonly additionalProperties?: false | JsonSchema;
  /** Of an object. */
  readonly propertyNames?: JsonSchema;
  /** Of an array. */
  readonly items?: JsonSchema;
  /** Of an array. */
  readonly minItems?: number;
  /** Of a string: a regular expression. */
  readonly pattern?: string;
  /** Of a string: a file or a folder. */
  readonly format?: "path";
  /** Of a string, in characters. */
  readonly minLength?: number;
  /** Of a number. */
  readonly minimum?: number;
  /** Of a number. */
  readonly maximum?: number;
}

/** The names of members and the numbers of items that lead to a value. */
export type JsonPath = readonly (string | number)[];

/** Something that a schema does not allow. */
export interface SchemaViolation {
  /** Where. */
  readonly path: JsonPath;
  /** Whether it is about the name there, not the value. */
  readonly ofName: boolean;
  /** `must be a whole number` */
  readonly problem: string;
}

/**
 * The first thing in a value that its schema does not allow, with its place:
 * `users.ann.limits.sessions: must be a whole number`; `null`: all is well.
 */
export function schemaViolation(
  schema: JsonSchema,
  value: unknown,
  root = "",
): string | null {
  for (const violation of schemaViolations(schema, value)) {
    const place = formatPath(violation.path, root) || "the file";
    const what = violation.ofName ? `${place} (the name)` : place;
    return `${what}: ${violation.problem}`;
  }
  return null;
}

/** Everything in a value that its schema does not allow. */
export function* schemaViolations(
  schema: JsonSchema,
  value: unknown,
  path: JsonPath = [],
): Generator<SchemaViolation, void, undefined> {
  const problem = ownProblem(schema, value);
  if (problem !== null) {
    yield { path, ofName: false, problem };
  } else if (schema.anyOf !== undefined) {
    yield* inAlternatives(schema, schema.anyOf, value, path);
  } else if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [at, item] of value.entries()) {
      yield* schemaViolations(schema.items, item, [...path, at]);
    }
  } else if (isOfType(value, "object")) {
    yield* inMembers(schema, value as Record<string, unknown>, path);
  }
}

/** `users.ann`, `users["a b"]`, `listen[0].port`. */
export function formatPath(path: JsonPath, root = ""): string {
  let text = root;
  for (const step of path) {
    text = typeof step === "number"
      ? `${text}[${step}]`
      : memberPlace(text, step);
  }
  return text;
}

/** The place of a member: `users.ann`, `users["a b"]`. */
export function memberPlace(place: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) {
    return `${place}[${JSON.stringify(key)}]`;
  }
  return place === "" ? key : `${place}.${key}`;
}

/** What is wrong with a value, whatever it contains. */
function ownProblem(schema: JsonSchema, value: unknown): string | null {
  const { type, minLength = 0, pattern, minItems = 0 } = schema;
  const wrong = `must be ${schema.title ?? nameOf(schema)}`;
  if (type !== undefined && !isOfType(value, type)) return wrong;
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return wrong;
  }
  if (typeof value === "string") {
    if ([...value].length < minLength) return "must not be empty";
    if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
      return wrong;
    }
  }
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = schema;
    if (value < minimum) return `must be at least ${minimum}`;
    if (value > maximum) return `must be at most ${maximum}`;
  }
  return Array.isArray(value) && value.length < minItems
    ? "must not be empty"
    : null;
}

/** By the alternative that the value looks like, if there is one. */
function* inAlternatives(
  schema: JsonSchema,
  alternatives: readonly JsonSchema[],
  value: unknown,
  path: JsonPath,
): Generator<SchemaViolation, void, undefined> {
  const likely = alternatives.find(({ type }) =>
    type === undefined || isOfType(value, type)
  );
  if (likely !== undefined) return yield* schemaViolations(likely, value, path);
  const names = alternatives.map((one) => one.title ?? nameOf(one));
  const problem = `must be ${schema.title ?? names.join(" or ")}`;
  yield { path, ofName: false, problem };
}

function* inMembers(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  path: JsonPath,
): Generator<SchemaViolation, void, undefined> {
  const { properties = {}, additionalProperties, propertyNames } = schema;
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) {
      yield { path: [...path, key], ofName: false, problem: "is missing" };
    }
  }
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, key];
    if (propertyNames !== undefined) {
      for (const found of schemaViolations(propertyNames, key, at)) {
        yield { ...found, ofName: true };
      }
    }
    const known = Object.hasOwn(properties, key)
      ? properties[key]
      : additionalProperties;
    if (known === false) {
      const problem = `is not known${suggestion(key, Object.keys(properties))}`;
      yield { path: at, ofName: false, problem };
    } else if (known !== undefined) {
      yield* schemaViolations(known, member, at);
    }
  }
}

/** `; did you mean maxConnections?`, or nothing. */
function suggestion(key: string, names: readonly string[]): string {
  let best = "";
  // A third of the letters may be wrong.
  let least = Math.floor(key.length / 3) + 1;
  for (const name of names) {
    const distance = editDistance(key.toLowerCase(), name.toLowerCase(), least);
    if (distance >= least) continue;
    best = name;
    least = distance;
  }
  return best === "" ? "" : `; did you mean ${best}?`;
}

/** Letters to change, add or leave out; anything from `enough` on may be. */
function editDistance(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1;
      next.push(
        Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + change),
      );
    }
    row = next;
  }
  return row[to.length]!;
}

function isOfType(
  value: unknown,
  type: NonNullable<JsonSchema["type"]>,
): boolean {
  switch (type) {
    case "object":
      // Parsers make objects without a prototype, too; a date is a value.
      return typeof value === "object" && value !== null &&
        !Array.isArray(value) && !(value instanceof Date);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}

function nameOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) {
    return `one of ${schema.enum.map((value) => `"${value}"`).join(", ")}`;
  }
  switch (schema.type) {
    case "object":
      return "an object";
    case "array":
      return "a list";
    case "integer":
      return "a whole number";
    case "boolean":
      return "true or false";
    default:
      return "a text";
  }
}
