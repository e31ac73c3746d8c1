/**
 * What file systems and authorizers must do, as cases for any test runner: for
 * those who write one of their own.
 *
 * @example With the test runner of Node
 * ```ts ignore
 * import { test } from "node:test";
 * import { fileSystemContract } from "anyftpd/contract";
 *
 * for (const { name, run } of fileSystemContract(makeMine)) {
 *   test(name, async (context) => {
 *     if (await run() === "skipped") context.skip();
 *   });
 * }
 * ```
 *
 * @module
 */

export {
  authorizerContract,
  type AuthorizerFixture,
  type MakeAuthorizer,
} from "./authorizer.ts";
export type { ContractCase } from "./cases.ts";
export { ContractError } from "./expect.ts";
export { fileSystemContract } from "./file_system.ts";
export type {
  FileSystemFixture,
  MakeFileSystem,
} from "./file_system_fixture.ts";
