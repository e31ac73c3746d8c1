import { beforeAll, describe, expect, test } from "vitest";
import { TemporaryFolder } from "../support/files.ts";
import { record, recordServer } from "./compare.ts";
import type { MaskedExchange } from "./mask.ts";
import { MemoryDialogueIo } from "./memory_io.ts";

/** `CWD` to a name that is not UTF-8: see `differences.ts`. */
const DENO_ONLY = "paths: CWD \\xff\\xfe";

describe("The recorded dialogue has the same replies, byte for byte", () => {
  let onNode: readonly MaskedExchange[];

  beforeAll(async () => {
    onNode = await recordServer("node");
  }, 30_000);

  test.each(["deno", "bun"] as const)("on %s", async (kind) => {
    const there = await recordServer(kind);
    expect(there.filter(comparable)).toEqual(onNode.filter(comparable));
  }, 30_000);

  test.each([65_536, 7, 1])(
    "over the memory transport, in pieces of %i bytes",
    async (chunkSize) => {
      const folder = new TemporaryFolder("anyftpd-dialogue");
      try {
        await using io = await MemoryDialogueIo.start(folder.path, {
          chunkSize,
        });
        const inMemory = await record(io);
        expect(inMemory.filter(comparable)).toEqual(onNode.filter(comparable));
      } finally {
        folder.remove();
      }
    },
    30_000,
  );
});

function comparable({ name }: MaskedExchange): boolean {
  return name !== DENO_ONLY;
}
