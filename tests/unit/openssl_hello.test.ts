import { describe, expect, test } from "vitest";
import { hostNameIn } from "../../adapters/_openssl_callbacks.ts";

/** A list of names as RFC 6066, 3 has it: type, length, name. */
function extension(...names: readonly [number, string][]): Uint8Array {
  const list = names.flatMap(([type, name]) => {
    const bytes = [...new TextEncoder().encode(name)];
    return [type, bytes.length >> 8, bytes.length & 255, ...bytes];
  });
  return new Uint8Array([list.length >> 8, list.length & 255, ...list]);
}

describe("hostNameIn()", () => {
  test("finds the host name, wherever it stands", () => {
    expect(hostNameIn(extension([0, "ftp.example"]))).toBe("ftp.example");
    expect(hostNameIn(extension([7, "other"], [0, "a"]))).toBe("a");
    const long = "x".repeat(300);
    expect(hostNameIn(extension([0, long]))).toBe(long);
  });

  test("what is no such list has none", () => {
    expect(hostNameIn(new Uint8Array())).toBeNull();
    expect(hostNameIn(extension())).toBeNull();
    expect(hostNameIn(extension([1, "host"]))).toBeNull();
    // Cut at every place: never a name that is not whole.
    const whole = extension([9, "abc"], [0, "host"]);
    for (let end = 0; end < whole.length; end++) {
      expect(hostNameIn(whole.subarray(0, end))).toBeNull();
    }
  });
});
