// The transfer log that other programs read: man 5 xferlog.

import { expect, test } from "vitest";
import { xferlog } from "../../adapters/memory.ts";
import { loggedIn, utf8 } from "./_dialogue.ts";

test("one line for each transfer of a file", async () => {
  const lines: string[] = [];
  const time = new Date(2026, 10, 2, 3, 4, 5).getTime();
  await using stage = await loggedIn({
    hooks: xferlog({ write: (line) => lines.push(line), now: () => time }),
  });
  const { client, files } = stage;
  files.writeFile("/with blank", "12345");
  await client.download("RETR with blank");
  await client.command("TYPE I");
  expect(await client.upload("STOR b", "123")).toMatch(/^226 /);
  await client.download("LIST");
  const data = await client.passive();
  expect(await client.command("STOR c")).toMatch(/^1/);
  await data.write(utf8("12"));
  data.reset();
  expect(await client.reply()).toMatch(/^426 /);
  const begin = "Mon Nov  2 03:04:05 2026 1 127.0.0.1";
  expect(lines).toEqual([
    `${begin} 5 /with_blank a _ o a anonymous ftp 0 * c\n`,
    `${begin} 3 /b b _ i a anonymous ftp 0 * c\n`,
    expect.stringMatching(/ [02] \/c b _ i a anonymous ftp 0 \* i\n$/),
  ]);
});
