import { describe, expect, test } from "vitest";
import {
  formatEndpoint,
  formatPort,
  ipFamily,
  isLoopback,
  isPrivate,
  parseExtendedPort,
  parsePort,
  sameAddress,
  unmapAddress,
} from "../../lib/protocol/address.ts";

describe("ipFamily()", () => {
  test.each(["0.0.0.0", "127.0.0.1", "255.255.255.255"])("%s is IPv4", (ip) => {
    expect(ipFamily(ip)).toBe(4);
  });

  test.each([
    "::",
    "::1",
    "1::",
    "fe80::1%eth0",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "2001:DB8::ff",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:1.2.3.4",
    "::1.2.3.4",
  ])("%s is IPv6", (ip) => {
    expect(ipFamily(ip)).toBe(6);
  });

  test.each([
    "",
    "localhost",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "1.2.3.-4",
    "1.2.3.4%eth0",
    "0x7f.0.0.1",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "12345::",
    "g::",
    "[::1]",
    "::1%",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "::1.2.3",
    "1:",
    ":1",
  ])("%j is no address", (text) => {
    expect(ipFamily(text)).toBeNull();
  });
});

describe("unmapAddress()", () => {
  test.each([
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::FFFF:102:304", "1.2.3.4"],
    ["0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"],
    ["::1", "::1"],
    ["::1.2.3.4", "::1.2.3.4"],
    ["1.2.3.4", "1.2.3.4"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["a host", "a host"],
  ])("%s is %s", (host, expected) => {
    expect(unmapAddress(host)).toBe(expected);
  });
});

describe("sameAddress()", () => {
  test.each([
    ["1.2.3.4", "1.2.3.4", true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["2001:db8::A", "2001:0DB8:0::000a", true],
    ["::ffff:1.2.3.4", "1.2.3.4", true],
    ["::ffff:102:304", "::ffff:1.2.3.4", true],
    ["fe80::1%eth0", "fe80::1", true],
    ["fe80::1%eth0", "fe80::1%eth0", true],
    ["fe80::1%eth0", "fe80::1%eth1", false],
    ["::1.2.3.4", "1.2.3.4", false],
    ["1.2.3.4", "1.2.3.5", false],
    ["::1", "127.0.0.1", false],
    ["localhost", "localhost", false],
    ["", "", false],
  ])("%s and %s: %s", (left, right, expected) => {
    expect(sameAddress(left, right)).toBe(expected);
    expect(sameAddress(right, left)).toBe(expected);
  });
});

describe("parsePort()", () => {
  test("reads six numbers, also with spaces around them", () => {
    const expected = { hostname: "10.0.0.1", port: 1025 };
    expect(parsePort("10,0,0,1,4,1")).toEqual(expected);
    expect(parsePort(" 10 , 0,0, 1,4,1 ")).toEqual(expected);
    expect(parsePort("010,000,000,001,004,001")).toEqual(expected);
    expect(parsePort("0,0,0,0,0,0")).toEqual({ hostname: "0.0.0.0", port: 0 });
    expect(parsePort("255,255,255,255,255,255")?.port).toBe(65535);
  });

  test.each([
    "",
    "1,2,3,4,5",
    "1,2,3,4,5,6,7",
    "256,0,0,1,4,1",
    "1,2,3,4,256,0",
    "1,2,3,4,0,256",
    "1,2,3,4,-1,0",
    "1,2,3,4,,0",
    "1,2,3,4,a,0",
    "1,2,3,4,0x1,0",
    "1,2,3,4,1.5,0",
    "1.2.3.4,4,1",
  ])("refuses %j", (argument) => {
    expect(parsePort(argument)).toBeNull();
  });

  test("formatPort() writes what parsePort() reads", () => {
    for (const port of [0, 20, 255, 256, 1025, 65535]) {
      const endpoint = { hostname: "10.20.30.40", port };
      expect(parsePort(formatPort(endpoint))).toEqual(endpoint);
    }
    expect(formatPort({ hostname: "127.0.0.1", port: 43687 }))
      .toBe("127,0,0,1,170,167");
  });
});

describe("parseExtendedPort()", () => {
  test.each([
    ["|1|127.0.0.1|1025|", "1", "127.0.0.1", 1025],
    ["|2|::1|65535|", "2", "::1", 65535],
    ["!2!::1!0!", "2", "::1", 0],
    ["|3|x y|80|", "3", "x y", 80],
    ["||||".replace("||||", "|||21|"), "", "", 21],
  ])("reads %s", (argument, protocol, hostname, port) => {
    expect(parseExtendedPort(argument)).toEqual({ protocol, hostname, port });
  });

  test.each([
    "",
    "|",
    "||||",
    "|1|127.0.0.1|1025",
    "|1|127.0.0.1|1025|x",
    "|1|127.0.0.1|1025||",
    "|1|127.0.0.1|65536|",
    "|1|127.0.0.1|-1|",
    "|1|127.0.0.1|+1|",
    "|1|127.0.0.1| 21|",
    "|1|127.0.0.1|1e3|",
    "|1|127.0.0.1||",
    "1|127.0.0.1|1025|",
    "|1|127.0.0.1|0000021|",
  ])("refuses %j", (argument) => {
    expect(parseExtendedPort(argument)).toBeNull();
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.255.0.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["128.0.0.1", false],
  ["::", false],
  ["7f::1", false],
  ["localhost", false],
])("isLoopback(%s) is %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ["10.1.2.3", true],
  ["172.16.0.1", true],
  ["172.31.255.255", true],
  ["192.168.1.1", true],
  ["169.254.1.1", true],
  ["100.64.0.1", true],
  ["fd00::1", true],
  ["fe80::1%eth0", true],
  ["::ffff:10.0.0.1", true],
  ["172.15.0.1", false],
  ["172.32.0.1", false],
  ["192.169.0.1", false],
  ["100.63.0.1", false],
  ["100.128.0.1", false],
  ["11.0.0.1", false],
  ["127.0.0.1", false],
  ["2001:db8::1", false],
  ["ff02::1", false],
  ["localhost", false],
])("isPrivate(%s) is %s", (host, expected) => {
  expect(isPrivate(host)).toBe(expected);
});

test("formatEndpoint() brackets IPv6", () => {
  expect(formatEndpoint({ hostname: "1.2.3.4", port: 21 })).toBe("1.2.3.4:21");
  expect(formatEndpoint({ hostname: "::1", port: 21 })).toBe("[::1]:21");
});
