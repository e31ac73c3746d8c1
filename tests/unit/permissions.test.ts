import { describe, expect, test } from "vitest";
import {
  formatPermissions,
  hasWritePermission,
  parsePermissions,
  READ_PERMISSIONS,
  WRITE_PERMISSIONS,
} from "../../lib/auth/permissions.ts";
import { ConfigError } from "../../lib/base/errors.ts";

describe("parsePermissions()", () => {
  test("knows the ten letters", () => {
    expect(parsePermissions("elradfmwMT")).toEqual([
      "enter",
      "list",
      "read",
      "append",
      "delete",
      "rename",
      "mkdir",
      "write",
      "chmod",
      "touch",
    ]);
    expect(READ_PERMISSIONS + WRITE_PERMISSIONS).toBe("elradfmwMT");
  });

  test("keeps the order and each letter once; none is allowed", () => {
    expect(parsePermissions("rel")).toEqual(["read", "enter", "list"]);
    expect(parsePermissions("rrr")).toEqual(["read"]);
    expect(parsePermissions("")).toEqual([]);
  });

  test.each(["z", "E", " ", "t", "é"])("refuses the letter %j", (letter) => {
    expect(() => parsePermissions(`el${letter}`)).toThrow(
      new ConfigError(
        `Cannot use permissions "el${letter}": no such permission "${letter}"`,
      ),
    );
  });

  test("formatPermissions() is the way back", () => {
    for (const letters of ["", "elr", "elradfmwMT", "TMw"]) {
      expect(formatPermissions(parsePermissions(letters))).toBe(letters);
    }
  });
});

test("hasWritePermission() finds any letter that changes something", () => {
  for (const letter of WRITE_PERMISSIONS) {
    expect(hasWritePermission(`el${letter}`)).toBe(true);
  }
  expect(hasWritePermission("elr")).toBe(false);
  expect(hasWritePermission("")).toBe(false);
});
