/** A promise of the contract is not kept. */
export class ContractError extends Error {
  /** The name of the class. */
  override readonly name = "ContractError";
}

/** What may be said of a value; each throws {@linkcode ContractError}. */
interface Claims {
  /** It is this very value. */
  toBe(expected: unknown): void;
  /** It has the same content; members that are `undefined` do not count. */
  toEqual(expected: unknown): void;
  /** It has at least these members; a regular expression matches texts. */
  toMatchObject(expected: object): void;
  toBeTypeOf(expected: string): void;
  toBeGreaterThan(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
  toContain(expected: unknown): void;
}

/** What may be said of a value, or its opposite. */
interface Expectation extends Claims {
  readonly not: Claims;
  /** Of what the promise rejects with. */
  readonly rejects: {
    toMatchObject(expected: object): Promise<void>;
  };
}

/**
 * As much of the assertions of test runners as the contracts need, so that they
 * run under any of them.
 */
export function expect(actual: unknown): Expectation {
  return {
    ...claims(actual, false),
    not: claims(actual, true),
    rejects: {
      async toMatchObject(expected) {
        let value: unknown;
        try {
          value = await (actual as Promise<unknown>);
        } catch (error) {
          return claims(error, false).toMatchObject(expected);
        }
        throw new ContractError(
          `expected a rejection with ${show(expected)}, got ${show(value)}`,
        );
      },
    },
  };
}

function claims(actual: unknown, isNot: boolean): Claims {
  const type: string = typeof actual;
  const claim = (holds: boolean, what: string, expected: unknown): void => {
    if (holds !== isNot) return;
    throw new ContractError(
      `expected ${show(actual)} ${isNot ? "not " : ""}${what} ${
        show(expected)
      }`,
    );
  };
  const number = (expected: number): number => {
    claim(
      (typeof actual === "number") !== isNot,
      "to be a number, and",
      expected,
    );
    return actual as number;
  };
  return {
    toBe: (expected) => claim(Object.is(actual, expected), "to be", expected),
    toEqual: (expected) =>
      claim(matches(actual, expected, true), "to equal", expected),
    toMatchObject: (expected) =>
      claim(matches(actual, expected, false), "to match", expected),
    toBeTypeOf: (expected) =>
      claim(type === expected, "to be of type", expected),
    toBeGreaterThan: (expected) =>
      claim(number(expected) > expected, "to be greater than", expected),
    toBeGreaterThanOrEqual: (expected) =>
      claim(number(expected) >= expected, "to be at least", expected),
    toContain: (expected) =>
      claim(
        (actual as readonly unknown[]).includes(expected),
        "to contain",
        expected,
      ),
  };
}

/** @param isWhole false: `actual` may have more members */
function matches(
  actual: unknown,
  expected: unknown,
  isWhole: boolean,
): boolean {
  if (expected instanceof RegExp) {
    return typeof actual === "string" && expected.test(actual);
  }
  if (typeof expected !== "object" || expected === null) {
    return Object.is(actual, expected);
  }
  if (typeof actual !== "object" || actual === null) return false;
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  const mine = membersOf(expected);
  // Lists are as long as they are in any case.
  const theirs = isWhole || Array.isArray(expected) ? membersOf(actual) : mine;
  const names = new Set([...mine, ...theirs]);
  return [...names].every((name) =>
    matches(
      (actual as Record<string, unknown>)[name],
      (expected as Record<string, unknown>)[name],
      isWhole,
    )
  );
}

function membersOf(value: object): readonly string[] {
  return Object.keys(value);
}

function show(value: unknown): string {
  if (value instanceof Error) {
    const { code } = value as { readonly code?: unknown };
    return `${value.name} (${String(code)}): ${value.message}`;
  }
  if (value instanceof RegExp) return String(value);
  if (typeof value === "number" || value === undefined) return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}
