/** One promise of an interface, to be run by any test runner. */
export interface ContractCase {
  /** What is promised; no two cases have the same name. */
  readonly name: string;
  /**
   * Resolves when the promise is kept, with `skipped` when it was not asked
   * for: the fixture lacks what it is about.
   *
   * @throws {Error} it is not kept; the message says how
   */
  run(): Promise<"passed" | "skipped">;
}

/** Adds a case to a list of them. */
export type AddCase<Fixture> = (
  name: string,
  run: (fixture: Fixture) => Promise<void>,
) => void;

/** Thrown through a case by a fixture that lacks something. */
class LackError extends Error {
  override readonly name = "LackError";
}

/** Skips the case that needs what the fixture lacks. */
export function lack(what: string): never {
  throw new LackError(`Cannot go on: the fixture has no ${what}`);
}

/**
 * Cases with a fixture of their own each, which is disposed of in any case.
 *
 * @param groups named functions that add cases
 */
export function collectCases<
  Fixture extends { readonly dispose: () => void | Promise<void> },
>(
  groups: Readonly<Record<string, (add: AddCase<Fixture>) => void>>,
  make: () => Fixture | Promise<Fixture>,
): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  for (const [group, describe] of Object.entries(groups)) {
    describe((name, run) =>
      cases.push({
        name: `${group}: ${name}`,
        async run() {
          const fixture = await make();
          try {
            await run(fixture);
            return "passed";
          } catch (error) {
            if (error instanceof LackError) return "skipped";
            throw error;
          } finally {
            await fixture.dispose();
          }
        },
      })
    );
  }
  return cases;
}
