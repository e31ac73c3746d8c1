import process from "node:process";
import { describe, expect, test } from "vitest";
import { windowsAuthorizer } from "../../adapters/_windows_authorizer.ts";
import { unixAuthorizer } from "../../adapters/_unix_authorizer.ts";
import { wideString, wideText } from "../../adapters/_windows_api.ts";
import { driveOf, withinDrive } from "../../adapters/_windows_users.ts";
import { ConfigError } from "../../lib/base/errors.ts";

const WINDOWS = process.platform === "win32";

test.skipIf(WINDOWS)("there are no Windows users elsewhere", () => {
  expect(() => windowsAuthorizer()).toThrow(ConfigError);
  expect(() => windowsAuthorizer()).toThrow("this is no Windows");
});

test.skipIf(process.platform === "linux")(
  "there are no users of a Linux elsewhere",
  () => {
    expect(() => unixAuthorizer()).toThrow("this is no Linux");
  },
);

test.each([
  ["C:\\Users\\ann", "C:\\", "/Users/ann"],
  ["c:/Users/ann/", "c:/", "/Users/ann"],
  ["D:\\", "D:\\", "/"],
])("%s lies on its drive", (folder, drive, place) => {
  expect(driveOf(folder)).toBe(drive);
  expect(withinDrive(folder)).toBe(place);
});

describe("texts of Windows", () => {
  test("are UTF-16 that ends in a zero", () => {
    expect([...wideString("aé")]).toEqual([0x61, 0, 0xe9, 0, 0, 0]);
    for (const text of ["", "ann", "Jürgen", "日本", "😀"]) {
      expect(wideText(wideString(text))).toBe(text);
    }
  });

  test("end at the zero, or with the memory", () => {
    expect(wideText(new Uint8Array([0x61, 0, 0, 0, 0x62, 0]))).toBe("a");
    expect(wideText(new Uint8Array([0x61, 0, 0x62, 0]))).toBe("ab");
  });
});
