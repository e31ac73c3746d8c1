import { describe, expect, test } from "vitest";
import { isInNetwork, parseNetwork } from "../../lib/protocol/network.ts";

/** Whether `address` is in what `text` says. */
function holds(text: string, address: string): boolean {
  return isInNetwork(parseNetwork(text)!, address);
}

describe("parseNetwork()", () => {
  for (
    const text of [
      "",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/08",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0/8",
      "10.0.0.1/8",
      "192.168.1.5/24",
      "::1/64",
      "::/129",
      "fe80::1%eth0",
      "fe80::%eth0/10",
      "localhost",
      " 10.0.0.0/8",
    ]
  ) {
    test(`refuses "${text}"`, () => expect(parseNetwork(text)).toBeNull());
  }

  test("takes an address for a network of one", () => {
    expect(parseNetwork("10.1.2.3")).toEqual({
      bytes: [10, 1, 2, 3],
      prefix: 32,
    });
    expect(parseNetwork("::1")?.prefix).toBe(128);
  });
});

describe("isInNetwork()", () => {
  test("compares every bit of the prefix and no more, for every prefix", () => {
    const bits = (value: number) => value.toString(2).padStart(8, "0");
    const text = (binary: string) =>
      [0, 8, 16, 24].map((at) => parseInt(binary.slice(at, at + 8), 2))
        .join(".");
    const whole = [203, 0, 113, 170].map(bits).join("");
    for (let prefix = 0; prefix <= 32; prefix++) {
      const begin = whole.slice(0, prefix).padEnd(32, "0");
      const network = `${text(begin)}/${prefix}`;
      for (let at = 0; at < 32; at++) {
        const flipped = whole.slice(0, at) + (whole[at] === "0" ? "1" : "0") +
          whole.slice(at + 1);
        expect(holds(network, text(flipped)), `${network} bit ${at}`)
          .toBe(at >= prefix);
      }
    }
  });

  for (
    const [network, inside, outside] of [
      ["2001:db8::/32", "2001:db8:1::5", "2001:db9::1"],
      ["::1", "::1", "::2"],
      ["fe80::/10", "fe80::1%eth0", "fec0::1"],
      ["10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.0.0.1"],
      ["::ffff:0:0/96", "::ffff:1.2.3.4", "1:2::3"],
      ["0.0.0.0/0", "1.2.3.4", "::1"],
      ["::/0", "::1", "1.2.3.4"],
      ["10.0.0.0/8", "10.255.255.255", "not an address"],
    ] as const
  ) {
    test(`${network} has ${inside}, not ${outside}`, () => {
      expect(holds(network, inside)).toBe(true);
      expect(holds(network, outside)).toBe(false);
    });
  }
});
