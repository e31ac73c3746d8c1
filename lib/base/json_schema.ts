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
  /** Of the value. */
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  /** The only values that are allowed. */
  readonly enum?: readonly string[];
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
  /** Of a string: a regular expression. */
  readonly pattern?: string;
  /** Of a string, in characters. */
  readonly minLength?: number;
  /** Of a number. */
  readonly minimum?: number;
}

/**
 * The first thing in a value that its schema does not allow, with its place:
 * `users.ann.limits.sessions: must be a whole number`; `null`: all is well.
 */
export function schemaViolation(
  schema: JsonSchema,
  value: unknown,
  place = "",
): string | null {
  const wrong = (what: string): string => `${place || "the file"}: ${what}`;
  const name = schema.title ?? nameOf(schema);
  if (schema.type !== undefined && !isOfType(value, schema.type)) {
    return wrong(`must be ${name}`);
  }
  if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
    return wrong(`must be ${name}`);
  }
  if (typeof value === "string") {
    const { minLength = 0, pattern } = schema;
    if ([...value].length < minLength) return wrong("must not be empty");
    if (pattern !== undefined && !new RegExp(pattern, "u").test(value)) {
      return wrong(`must be ${name}`);
    }
  }
  if (typeof value === "number" && value < (schema.minimum ?? -Infinity)) {
    return wrong(`must be at least ${schema.minimum}`);
  }
  if (Array.isArray(value)) return inItems(schema, value, place);
  return value instanceof Object
    ? inMembers(schema, value as Record<string, unknown>, place)
    : null;
}

/** The place of a member: `users.ann`, `users["a b"]`. */
export function memberPlace(place: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) {
    return `${place}[${JSON.stringify(key)}]`;
  }
  return place === "" ? key : `${place}.${key}`;
}

function inItems(
  { items }: JsonSchema,
  values: readonly unknown[],
  place: string,
): string | null {
  if (items === undefined) return null;
  for (const [at, value] of values.entries()) {
    const found = schemaViolation(items, value, `${place}[${at}]`);
    if (found !== null) return found;
  }
  return null;
}

function inMembers(
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  place: string,
): string | null {
  const { properties = {}, additionalProperties, propertyNames } = schema;
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) {
      return `${memberPlace(place, key)}: is missing`;
    }
  }
  for (const [key, member] of Object.entries(value)) {
    const at = memberPlace(place, key);
    if (propertyNames !== undefined) {
      const found = schemaViolation(propertyNames, key, `${at} (the name)`);
      if (found !== null) return found;
    }
    const known = Object.hasOwn(properties, key)
      ? properties[key]
      : additionalProperties;
    if (known === false) return `${at}: is not known`;
    const found = known === undefined
      ? null
      : schemaViolation(known, member, at);
    if (found !== null) return found;
  }
  return null;
}

function isOfType(
  value: unknown,
  type: NonNullable<JsonSchema["type"]>,
): boolean {
  switch (type) {
    case "object":
      return value instanceof Object && !Array.isArray(value);
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
