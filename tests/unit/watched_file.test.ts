import {
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchedFile } from "../../adapters/_watched_file.ts";

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => folder = mkdtempSync(join(tmpdir(), "anyftpd-watched-")));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Moves the clock that says when to look again. */
function later(milliseconds: number): void {
  const now = Date.now() + milliseconds;
  vi.spyOn(Date, "now").mockReturnValue(now);
}

test("a changed file is read a second later, or when asked for", () => {
  writeFileSync(at("a"), "one");
  later(0);
  const text = watchedFile(at("a"));
  expect(text()).toBe("one");
  writeFileSync(at("a"), "two!");
  later(999);
  expect(text()).toBe("one");
  later(1);
  expect(text()).toBe("two!");
  writeFileSync(at("a"), "three");
  expect(text()).toBe("two!");
  expect(text(true)).toBe("three");
});

test("a link that leads to another file now is noticed", () => {
  writeFileSync(at("a"), "one");
  writeFileSync(at("b"), "two");
  symlinkSync("a", at("link"));
  const text = watchedFile(at("link"));
  expect(text()).toBe("one");
  symlinkSync("b", at("fresh"));
  renameSync(at("fresh"), at("link"));
  expect(text(true)).toBe("two");
});

test("errors name the file, and end when it is there again", () => {
  const text = watchedFile(at("a"));
  const message = `Cannot read "${at("a")}": no such file or directory`;
  expect(text).toThrow(message);
  expect(text).toThrow(message);
  writeFileSync(at("a"), "one");
  expect(text(true)).toBe("one");
  renameSync(at("a"), at("b"));
  expect(() => text(true)).toThrow(message);
  renameSync(at("b"), at("a"));
  expect(text(true)).toBe("one");
  rmSync(at("a"));
  expect(() => watchedFile(folder)(true)).toThrow("is a directory");
});
