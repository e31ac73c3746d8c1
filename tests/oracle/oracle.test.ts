import { beforeAll, describe, expect, test } from "vitest";
import { serverKind } from "../support/server.ts";
import {
  compareRecordings,
  type Comparison,
  formatMismatch,
  recordServer,
} from "./compare.ts";
import { DIFFERENCES } from "./differences.ts";
import type { MaskedExchange } from "./mask.ts";

describe("The recorded dialogue, beside pyftpdlib 1.5.7", () => {
  let comparison: Comparison;
  let theirs: readonly MaskedExchange[];

  beforeAll(async () => {
    theirs = await recordServer("pyftpdlib");
    const kind = serverKind();
    const ours = await recordServer(kind);
    const listed = DIFFERENCES.filter(({ kinds }) =>
      kinds === undefined || kinds.includes(kind)
    );
    comparison = compareRecordings(theirs, ours, listed);
  }, 60_000);

  test("plays the same twice, so that what differs is the server", async () => {
    const again = await recordServer("pyftpdlib");
    expect(again).toEqual(theirs);
  }, 30_000);

  test("shows no difference that is not listed", () => {
    expect(comparison.unlisted.map(formatMismatch)).toEqual([]);
  });

  test("still shows every listed difference", () => {
    expect(comparison.stale).toEqual([]);
  });
});

describe("The list of differences", () => {
  test("gives a reason for each", () => {
    for (const { reason } of DIFFERENCES) {
      expect(reason).toMatch(/\S+ \S+ \S+/);
    }
    const reasons = DIFFERENCES.map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
  });
});
