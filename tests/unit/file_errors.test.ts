import { expect, test } from "vitest";
import { fileError, fileErrorCode } from "../../adapters/_file_errors.ts";
import { parseNames } from "../../adapters/_owner_names.ts";
import { FileError } from "../../lib/base/errors.ts";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: …, open '/secret'`), { code });
}

test.each([
  ["ENOENT", "not-found"],
  ["EEXIST", "exists"],
  ["ENOTDIR", "not-a-directory"],
  ["EISDIR", "is-a-directory"],
  ["ENOTEMPTY", "not-empty"],
  ["EACCES", "permission-denied"],
  ["EPERM", "not-permitted"],
  ["EROFS", "read-only"],
  ["ENOSPC", "no-space"],
  ["EDQUOT", "quota-exceeded"],
  ["EFBIG", "too-large"],
  ["ENAMETOOLONG", "name-too-long"],
  ["ELOOP", "too-many-links"],
  ["EXDEV", "cross-device"],
  ["EBUSY", "busy"],
  ["EMFILE", "too-many-open"],
  ["ENXIO", "not-a-file"],
  ["EINVAL", "invalid"],
  ["ENOTSUP", "unsupported"],
  ["EIO", "io"],
  ["ESOMETHINGNEW", "io"],
])("fileErrorCode() reads %s as %s", (code, expected) => {
  expect(fileErrorCode(systemError(code))).toBe(expected);
});

test("fileErrorCode() finds what Deno leaves without a code", () => {
  const denied = new Error("Requires read access to …");
  denied.name = "NotCapable";
  expect(fileErrorCode(denied)).toBe("permission-denied");
  expect(fileErrorCode(new Error("File too large (os error 27)")))
    .toBe("too-large");
});

test("fileErrorCode() takes anything that is thrown", () => {
  for (const thrown of [undefined, null, "text", 1, {}, new Error("x")]) {
    expect(fileErrorCode(thrown)).toBe("io");
  }
});

test("fileError() says what was tried, on what, and why it failed", () => {
  const cause = systemError("EIO");
  const error = fileError(cause, "open", "/srv/f");
  expect(error.message).toBe(
    'Cannot open "/srv/f": input/output error (EIO)',
  );
  expect(error.cause).toBe(cause);
  expect(error.reply).toBeNull();
});

test("fileError() lets a FileError pass as it is", () => {
  const error = new FileError("custom", "x", { reply: "sealed" });
  expect(fileError(error, "open", "/srv/f")).toBe(error);
});

test("parseNames() keeps the first name of a number, skips noise", () => {
  const text = [
    "root:x:0:0:root:/root:/bin/sh",
    "toor:x:0:0::/root:/bin/sh",
    "# comment",
    "",
    "bad:x:abc:0::/:",
    ":x:7:7::/:",
    "ann:x:1000:1000:Ann,,,:/home/ann:/bin/sh",
  ].join("\n");
  expect([...parseNames(text)]).toEqual([[0, "root"], [1000, "ann"]]);
});
