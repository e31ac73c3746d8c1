import { lack } from "./cases.ts";
import { expect } from "./expect.ts";
import type { FileErrorCode } from "../base/errors.ts";
import type {
  DirectoryEntry,
  FileSystem,
  ListOptions,
  OpenMode,
} from "../spi/file_system.ts";

/** A file system under test, empty, and what it can do. */
export interface FileSystemFixture {
  /** What is tested. */
  readonly fileSystem: FileSystem;
  /**
   * Makes a symbolic link, behind the back of the file system. Left out: there
   * are none, and cases that need them are skipped.
   */
  readonly makeLink?: (path: string, target: string) => void | Promise<void>;
  /**
   * Makes a pipe, a device or a socket. Left out: there are none, and cases
   * that need them are skipped.
   */
  readonly makeSpecial?: (path: string) => void | Promise<void>;
  /**
   * Targets of links that lead out of the root, absolute and relative.
   * @default {[]}
   */
  readonly outside?: readonly string[];
  /**
   * An absolute target of a link that leads to `path` inside the root.
   * @default {(path) => path}
   */
  readonly inside?: (path: string) => string;
  /**
   * Whether bytes that are not text survive in names.
   * @default {false}
   */
  readonly rawNames?: boolean;
  /**
   * Whether permission bits bind us (they do not bind root).
   * @default {false}
   */
  readonly obeysModes?: boolean;
  /**
   * Whether files with holes take no room, and names have the limits that
   * disks have.
   * @default {false}
   */
  readonly sparse?: boolean;
  /** Called after the case. */
  readonly dispose?: () => void | Promise<void>;
}

/** A fixture with its defaults filled in. */
export type FullFixture = Required<FileSystemFixture>;

/** Makes an empty file system; called for each case. */
export type MakeFileSystem = () =>
  | FileSystemFixture
  | Promise<FileSystemFixture>;

/** The fixture with its defaults; what it lacks skips the case. */
export function fullFixture(fixture: FileSystemFixture): FullFixture {
  return {
    makeLink: () => lack("links"),
    makeSpecial: () => lack("special files"),
    outside: [],
    inside: (path) => path,
    rawNames: false,
    obeysModes: false,
    sparse: false,
    dispose: () => {},
    ...fixture,
  };
}

/** To read. */
export const READ: OpenMode = { access: "read" };
export const APPEND: OpenMode = { access: "append" };
export const REPLACE: OpenMode = {
  access: "write",
  create: "always",
  truncate: true,
};
export const NEW: OpenMode = {
  access: "write",
  create: "new",
  truncate: false,
};
export const RESTART: OpenMode = {
  access: "write",
  create: "never",
  truncate: false,
};

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Makes or replaces a file. */
export async function put(
  fileSystem: FileSystem,
  path: string,
  text = "",
): Promise<void> {
  const file = await fileSystem.open(path, REPLACE);
  await file.write(bytesOf(text), 0);
  await file.close();
}

/** What a file holds. */
export async function get(
  fileSystem: FileSystem,
  path: string,
): Promise<string> {
  const file = await fileSystem.open(path, READ);
  const into = new Uint8Array(file.size + 16);
  const length = await file.read(into, 0);
  await file.close();
  return new TextDecoder().decode(into.subarray(0, length));
}

/** All entries of a folder. */
export async function entries(
  fileSystem: FileSystem,
  path: string,
  options: Partial<ListOptions> = {},
): Promise<readonly DirectoryEntry[]> {
  const all: DirectoryEntry[] = [];
  const asked = { sorted: true, stat: "self", ...options } as const;
  for await (const batch of fileSystem.list(path, asked)) all.push(...batch);
  return all;
}

/** All names of a folder. */
export async function names(
  fileSystem: FileSystem,
  path: string,
  options: Partial<ListOptions> = {},
): Promise<readonly string[]> {
  return (await entries(fileSystem, path, options)).map(({ name }) => name);
}

/** Expects a rejection with `FileError` of this code and no reply text. */
export async function expectCode(
  promise: Promise<unknown>,
  code: FileErrorCode,
): Promise<void> {
  await expect(promise).rejects.toMatchObject({
    name: "FileError",
    code,
    reply: null,
  });
}
