import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findTextFile, updateTextFile } from "../../adapters/_text_file.ts";
import { ConfigError } from "../../lib/base/errors.ts";

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(() => folder = mkdtempSync(join(tmpdir(), "anyftpd-text-")));
afterEach(() => rmSync(folder, { recursive: true }));

test("a new file is for its owner alone", async () => {
  const seen: (string | null)[] = [];
  await updateTextFile(at("a"), (text) => {
    seen.push(text);
    return "new";
  });
  expect(seen).toEqual([null]);
  expect(readFileSync(at("a"), "utf8")).toBe("new");
  expect(statSync(at("a")).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("a changed file keeps its mode, and links to it stay", async () => {
  writeFileSync(at("a"), "old");
  chmodSync(at("a"), 0o640);
  symlinkSync("a", at("link"));
  await updateTextFile(at("link"), (text) => `${text} and more`);
  expect(readFileSync(at("a"), "utf8")).toBe("old and more");
  expect(statSync(at("a")).mode & 0o777).toBe(0o640);
  expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
});

test("a change that is refused leaves all as it was", async () => {
  writeFileSync(at("a"), "old");
  const update = updateTextFile(at("a"), () => {
    throw new ConfigError("no");
  });
  await expect(update).rejects.toThrow("no");
  expect(readFileSync(at("a"), "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("changes at the same time are all made", async () => {
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, number) =>
        updateTextFile(at("a"), (text) => `${text ?? ""}${number};`),
    ),
  );
  const numbers = readFileSync(at("a"), "utf8").split(";").slice(0, -1);
  expect(numbers.map(Number).sort((a, b) => a - b))
    .toEqual(Array.from({ length: 20 }, (_, number) => number));
  expect(readdirSync(folder)).toEqual(["a"]);
});

test("errors name the file", async () => {
  expect(await findTextFile(at("nope"))).toBeNull();
  await expect(findTextFile(folder))
    .rejects.toThrow(`Cannot read "${folder}": is a directory`);
  await expect(updateTextFile(at("no/a"), () => "")).rejects.toThrow(
    `Cannot write "${at("no/a")}": no such file or directory`,
  );
});

test("a lock that nobody takes away is named", async () => {
  writeFileSync(at("a.lock"), "");
  await expect(updateTextFile(at("a"), () => "", 60)).rejects.toThrow(
    `Cannot write "${at("a")}": somebody else is changing it; if that is ` +
      `not so, remove "${at("a.lock")}"`,
  );
  expect(readdirSync(folder)).toEqual(["a.lock"]);
});
