import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runtimeName } from "./_runtime.ts";

/**
 * A server that was idle shall not begin anew to compile; and sessions live
 * longer than what V8 takes for young, so that it needs room for them soon.
 */
const ANY_TIME: readonly string[] = [
  "--no-flush-bytecode",
  "--semi-space-growth-factor=8",
];

/**
 * After some idle seconds V8 gives memory back, with all that it knows of the
 * shapes of objects that nobody has any more, so that compiled code is of no
 * use. Whoever comes next would wait for that.
 */
const AT_START: readonly string[] = ["--no-memory-reducer"];

/**
 * Sets the engine to serving, as far as a program that runs can: V8 of Node.
 * Deno takes flags only when it is started, and Bun has another engine.
 */
export function tuneEngine(): void {
  for (const flag of ANY_TIME) setFlagsFromString(flag);
}

/** With what follows it: `node -e CODE`. */
const CODE_FOLLOWS = /^(?:-e|-p|-pe|--eval|--print)$/;
const HOLDS_CODE = /^--(?:eval|print)=/;

/**
 * The `execArgv` of a process of ours that does nothing but serve.
 *
 * @param own those of this process. Code among them is this program's, and
 * would be run in place of the other's
 */
export function servingArguments(
  own: readonly string[] = process.execArgv,
): string[] {
  const kept = own.filter((option, index) => {
    const isCode = CODE_FOLLOWS.test(own[index - 1] ?? "") &&
      !option.startsWith("-");
    return !isCode && !CODE_FOLLOWS.test(option) && !HOLDS_CODE.test(option);
  });
  return runtimeName() === "bun" ? kept : [...kept, ...ANY_TIME, ...AT_START];
}
