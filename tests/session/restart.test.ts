// REST in stream mode: RFC 3659 section 5.

import { describe, expect, test } from "vitest";
import { dialogue, fetched, loggedIn, nextReply, stored } from "./_dialogue.ts";

const COMPLETE = "226 Transfer complete.";
const MARKER_BIG = "554 REST position (11) > file size (10)";
const TEN = "0123456789";

/** Bytes of every value, in no simple order. */
function blob(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff;
  return bytes;
}

/** `toEqual` takes seconds for a megabyte. */
function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length &&
    left.every((byte, at) => byte === right[at]);
}

describe("REST", () => {
  test("is used up by the next RETR, and kept by all else", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", TEN);
    await dialogue(client, [
      ["TYPE I", /^200 /],
      ["REST 4", "350 Restarting at position 4."],
      ["NOOP", /^200 /],
      ["CWD /", /^250 /],
      ["TYPE A", /^200 /],
      ["TYPE I", /^200 /],
      ["APPE a", "450 Can't APPE while REST request is pending."],
    ]);
    expect(await fetched(client, "NLST")).toBe("a\r\n");
    expect(await fetched(client, "RETR a")).toBe("456789");
    expect(await fetched(client, "RETR a")).toBe(TEN);
  });

  test("is used up by a transfer that fails, too", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", TEN);
    await dialogue(client, [["TYPE I", /^200 /]]);
    for (
      const [command, reply] of [
        ["RETR missing", "550 No such file or directory."],
        ["RETR a", MARKER_BIG],
        ["STOR missing", "550 No such file or directory."],
        ["STOR a", MARKER_BIG],
      ] as const
    ) {
      await dialogue(client, [["REST 11", /^350 /], [command, reply]]);
      expect(await fetched(client, "RETR a")).toBe(TEN);
    }
  });

  test("at the very end of a file gives nothing, with success", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", TEN);
    await dialogue(client, [["TYPE I", /^200 /], ["REST 10", /^350 /]]);
    expect(await fetched(client, "RETR a")).toBe("");
    await dialogue(client, [["REST 10", /^350 /]]);
    expect(await client.upload("STOR a", "ABC")).toBe(COMPLETE);
    expect(stored(stage, "/a")).toBe(`${TEN}ABC`);
  });

  test("writes into a file and leaves what is behind", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", TEN);
    await dialogue(client, [["TYPE I", /^200 /], ["REST 3", /^350 /]]);
    expect(await client.upload("STOR a", "ZZ")).toBe(COMPLETE);
    expect(stored(stage, "/a")).toBe("012ZZ56789");
  });

  test("counts the bytes of the file, then converts", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", "ab\ncd\n");
    await dialogue(client, [
      ["TYPE I", /^200 /],
      ["REST 3", /^350 /],
      ["TYPE A", /^200 /],
    ]);
    expect(await fetched(client, "RETR a")).toBe("cd\r\n");
  });

  test("lets a cut upload and a cut download go on", async () => {
    await using stage = await loggedIn();
    const { client, transport, files } = stage;
    const content = blob(100_000);
    await dialogue(client, [["TYPE I", /^200 /]]);
    expect(await client.upload("STOR a", content.subarray(0, 40_000)))
      .toBe(COMPLETE);
    await dialogue(client, [
      ["SIZE a", "213 40000"],
      ["REST 40001", /^350 /],
      ["STOR a", "554 REST position (40001) > file size (40000)"],
      ["REST 40000", /^350 /],
    ]);
    expect(await client.upload("STOR a", content.subarray(40_000)))
      .toBe(COMPLETE);
    expect(same(files.readFile("/a"), content)).toBe(true);

    transport.window = 1000;
    const data = await client.passive();
    await dialogue(client, [["RETR a", /^1/]]);
    const part = new Uint8Array(await data.read() ?? []);
    data.close();
    expect(await nextReply(client)).toMatch(
      /^426 Transfer aborted; \d+ bytes transmitted\.$/,
    );
    await dialogue(client, [[`REST ${part.length}`, /^350 /]]);
    const { bytes } = await client.download("RETR a");
    expect(same(new Uint8Array([...part, ...bytes]), content)).toBe(true);
  });
});
