import { expect, test } from "vitest";
import { memoryServer } from "../../adapters/memory.ts";

test("a download and an upload go through", async () => {
  await using server = await memoryServer();
  server.files.writeFile("/hello.txt", "Hello\n");
  const client = await server.dial();
  expect(await client.reply()).toBe("220 anyftpd ready.");
  expect(await client.logIn()).toBe("230 Login successful.");
  const { bytes, reply } = await client.download("RETR hello.txt");
  expect(new TextDecoder().decode(bytes)).toBe("Hello\r\n");
  expect(reply).toBe("226 Transfer complete.");
  expect(await client.upload("STOR x", "a\r\nb")).toBe(
    "226 Transfer complete.",
  );
  expect(new TextDecoder().decode(server.files.readFile("/x"))).toBe("a\nb");
  console.log(await client.command("FEAT"));
  console.log(new TextDecoder().decode((await client.download("LIST")).bytes));
  console.log(new TextDecoder().decode((await client.download("MLSD")).bytes));
  console.log(await client.command("STAT"));
  console.log(await client.command("STAT /"));
  console.log(await client.command("HELP"));
  expect(await client.command("QUIT")).toBe("221 Goodbye.");
  expect(await client.isEnded()).toBe(true);
});
