// TYPE A: RFC 959 section 3.1.1.1. How chunks may be cut is for unit tests.

import { expect, test } from "vitest";
import { dialogue, fetched, loggedIn, stored } from "./_dialogue.ts";

const UPLOADS: readonly (readonly [sent: string, stored: string])[] = [
  ["a\r\nb\r\n", "a\nb\n"],
  ["a\nb", "a\nb"],
  ["a\rb", "a\rb"],
  ["a\r\r\n", "a\r\n"],
  ["\r\n\r\n", "\n\n"],
  ["\r", "\r"],
  ["a\r", "a\r"],
  ["\n\r", "\n\r"],
  ["", ""],
];

const DOWNLOADS: readonly (readonly [stored: string, sent: string])[] = [
  ["a\nb\n", "a\r\nb\r\n"],
  ["a\r\nb\r\n", "a\r\nb\r\n"],
  ["a\rb", "a\rb"],
  ["\n\n", "\r\n\r\n"],
  ["\nab\r", "\r\nab\r"],
  ["\r\n\n\r", "\r\n\r\n\r"],
  ["", ""],
];

test("a session begins in ASCII", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [["STAT", /\n TYPE: ASCII;/]]);
});

test.each([1, 2, 65_536])(
  "uploads get the line ends of the disk, in chunks of %i bytes",
  async (chunkSize) => {
    await using stage = await loggedIn();
    const { client, transport } = stage;
    transport.chunkSize = chunkSize;
    for (const [sent, kept] of UPLOADS) {
      for (const command of ["STOR", "APPE"]) {
        expect(await client.upload(`${command} a`, sent)).toMatch(/^226 /);
        expect(stored(stage, "/a")).toBe(kept);
        await client.command("DELE a");
      }
    }
  },
);

test("downloads get the line ends of the network", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  for (const [kept, sent] of DOWNLOADS) {
    files.writeFile("/a", kept);
    expect(await fetched(client, "RETR a")).toBe(sent);
  }
});

test("an LF that begins a block is converted, whatever ends the block", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  // Files are read in blocks of 256 KiB.
  const block = 256 * 1024;
  const cases = [
    ["x".repeat(block), `\n${"y".repeat(block - 2)}\r`, "\nend"],
    ["x".repeat(block - 1) + "\r", "\n", "end"],
  ];
  for (const parts of cases) {
    const content = parts.join("");
    files.writeFile("/a", content);
    expect(
      await fetched(client, "RETR a") === content.replace(
        /\r?\n/g,
        "\r\n",
      ),
    ).toBe(true);
  }
});

test("binary transfers leave every byte as it is", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  const content = "a\nb\r\nc\rd\0\xff\r";
  await dialogue(client, [["TYPE I", /^200 /]]);
  expect(await client.upload("STOR a", content)).toMatch(/^226 /);
  expect(stored(stage, "/a")).toBe(content);
  expect(await fetched(client, "RETR a")).toBe(content);
  files.writeFile("/b", Uint8Array.of(0xff, 0x0a, 0xfe));
  const { bytes } = await client.download("RETR b");
  expect([...bytes]).toEqual([0xff, 0x0a, 0xfe]);
});

test("bytes are counted on the wire", async () => {
  const counted: string[] = [];
  await using stage = await loggedIn({
    hooks: {
      fileSent: ({ bytes }) => void counted.push(`sent ${bytes}`),
      fileReceived: ({ bytes }) => void counted.push(`received ${bytes}`),
    },
  });
  const { client } = stage;
  await client.upload("STOR a", "1\r\n2\r\n");
  await fetched(client, "RETR a");
  expect(counted).toEqual(["received 6", "sent 6"]);
  expect(stored(stage, "/a")).toBe("1\n2\n");
});

test("a change of type does not touch a transfer that runs", async () => {
  await using stage = await loggedIn();
  const { client } = stage;
  const data = await client.passive();
  await dialogue(client, [["STOR a", /^1/]]);
  await data.write(new TextEncoder().encode("1\r\n"));
  await dialogue(client, [["TYPE I", /^200 /]]);
  await data.write(new TextEncoder().encode("2\r\n"));
  await data.closeWrite();
  expect(await client.reply()).toMatch(/^226 /);
  expect(stored(stage, "/a")).toBe("1\n2\n");
});
