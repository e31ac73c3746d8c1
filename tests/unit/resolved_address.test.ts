import { lookup } from "node:dns/promises";
import { afterAll, afterEach, expect, test, vi } from "vitest";

vi.mock("node:dns/promises", () => ({ lookup: vi.fn() }));

// Another test file of this process may have loaded them, with the real one.
vi.resetModules();
const { resolvedAddress } = await import("../../adapters/_resolved_address.ts");
const { ConfigError } = await import("../../lib/base/errors.ts");

// Nor shall the next one find what is mocked here.
afterAll(() => {
  vi.doUnmock("node:dns/promises");
  vi.resetModules();
});

const found = vi.mocked(lookup as (name: string) => Promise<unknown>);

afterEach(() => {
  vi.restoreAllMocks();
  found.mockReset();
});

function answer(address: string): void {
  found.mockResolvedValue({ address, family: 4 });
}

test("an address is kept for a while, then looked up again", async () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  answer("203.0.113.1");
  const shown = await resolvedAddress("ftp.example.org", { refreshMs: 1_000 });
  answer("203.0.113.2");
  now = 999;
  expect(await shown()).toBe("203.0.113.1");
  now = 1_000;
  expect(await Promise.all([shown(), shown()]))
    .toEqual(["203.0.113.2", "203.0.113.2"]);
  expect(found).toHaveBeenCalledTimes(2);
  found.mockRejectedValue(new Error("no network"));
  now = 2_000;
  expect(await shown()).toBe("203.0.113.2");
});

test("a name without an address is a mistake", async () => {
  found.mockRejectedValue(new Error("ENOTFOUND"));
  const failed = resolvedAddress("nowhere.example.org");
  await expect(failed).rejects.toThrow(ConfigError);
  await expect(failed).rejects.toThrow(
    'Cannot show the address of "nowhere.example.org": no IPv4 address is found',
  );
});
