import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../lib/auth/base64.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (one) => one.charCodeAt(0));

describe("Base64", () => {
  test.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
    ["\xfb\xff\xbf", "+/+/"],
  ])("%j is %s, and back", (text, encoded) => {
    expect(encodeBase64(bytes(text))).toBe(encoded);
    expect(decodeBase64(encoded)).toEqual(bytes(text));
  });

  test("every byte comes back, at every place in a group", () => {
    for (let from = 0; from < 3; from++) {
      const all = Uint8Array.from({ length: 256 + from }, (_, at) => at);
      expect(decodeBase64(encodeBase64(all))).toEqual(all);
    }
  });

  test.each(["A", "AA", "AAA", "A===", "AA=A", "Zg==Zg==", "Zm-_", "Zm 9"])(
    "%j is none",
    (text) => {
      expect(decodeBase64(text)).toBeNull();
    },
  );
});
