import { describe, expect, test } from "vitest";
import { clientUrls } from "../../lib/cli/urls.ts";

const ADDRESSES = ["2001:db8::5", "192.168.1.5", "10.0.0.1"];

describe("clientUrls()", () => {
  test("lists every address for a server on every interface", () => {
    const everywhere = { hostname: "::", port: 2121 };
    expect(clientUrls(everywhere, ADDRESSES, null)).toEqual([
      "ftp://192.168.1.5:2121/",
      "ftp://10.0.0.1:2121/",
      "ftp://[2001:db8::5]:2121/",
      "ftp://127.0.0.1:2121/",
    ]);
  });

  test("leaves IPv6 out for a server on IPv4 alone", () => {
    const ipv4 = { hostname: "0.0.0.0", port: 21 };
    expect(clientUrls(ipv4, ADDRESSES, null)).toEqual([
      "ftp://192.168.1.5/",
      "ftp://10.0.0.1/",
      "ftp://127.0.0.1/",
    ]);
  });

  test("names only the address that was asked for", () => {
    const local = { hostname: "127.0.0.1", port: 2121 };
    expect(clientUrls(local, ADDRESSES, null)).toEqual([
      "ftp://127.0.0.1:2121/",
    ]);
    const zone = { hostname: "fe80::1%eth0", port: 2121 };
    expect(clientUrls(zone, ADDRESSES, null)).toEqual([
      "ftp://[fe80::1%25eth0]:2121/",
    ]);
  });

  test("names the user, fit for a URL", () => {
    const local = { hostname: "::1", port: 21 };
    expect(clientUrls(local, [], "bob")).toEqual(["ftp://bob@[::1]/"]);
    expect(clientUrls(local, [], "a@b/c ü")).toEqual([
      "ftp://a%40b%2Fc%20%C3%BC@[::1]/",
    ]);
    expect(clientUrls(local, [], "x\udcff")).toEqual([
      "ftp://x%EF%BF%BD@[::1]/",
    ]);
  });
});
