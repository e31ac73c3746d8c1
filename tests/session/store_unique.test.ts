import { expect, test } from "vitest";
import {
  FileError,
  MemoryAuthorizer,
  MemoryFileSystem,
} from "../../adapters/memory.ts";
import {
  clientPort,
  dialogue,
  loggedIn,
  nextReply,
  passwords,
  stored,
} from "./_dialogue.ts";

/** Names in a folder, sorted. */
async function entries(files: MemoryFileSystem, folder = "/") {
  const names: string[] = [];
  for await (
    const batch of files.list(folder, { sorted: true, stat: "none" })
  ) {
    names.push(...batch.map((entry) => entry.name));
  }
  return names;
}

/** A file system that counts and refuses every open. */
function refusing(error: FileError) {
  const files = new MemoryFileSystem();
  let tries = 0;
  files.open = () => {
    tries++;
    return Promise.reject(error);
  };
  return { files, tries: () => tries };
}

test("STOU makes a name, tells it, and stores the file", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeFolders("/d");
  for (
    const [command, folder, form] of [
      ["STOU", "/", /^ftpd\.[a-z0-9]{8}$/],
      ["STOU d/report.txt", "/d", /^report\.txt\.[a-z0-9]{8}$/],
    ] as const
  ) {
    for (const code of ["125", "150"]) {
      await using mine = await clientPort(stage);
      if (code === "125") await dialogue(client, [[mine.port, /^200 /]]);
      const opening = await client.command(command);
      const name = new RegExp(`^${code} FILE: (.*)$`).exec(opening)?.[1] ?? "";
      expect(name).toMatch(form);
      if (code === "150") await dialogue(client, [[mine.port, /^200 /]]);
      const data = await mine.accept();
      await data.write(new TextEncoder().encode("content"));
      await data.closeWrite();
      expect(await nextReply(client)).toBe("226 Transfer complete.");
      expect(stored(stage, `${folder}/${name}`.replace("//", "/")))
        .toBe("content");
    }
  }
  expect((await entries(files)).length).toBe(3);
  expect((await entries(files, "/d")).length).toBe(2);
});

test("STOU without an argument is for the working directory", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeFolders("/d");
  await dialogue(client, [["CWD d", /^250 /]]);
  expect(await client.upload("STOU", "x")).toMatch(/^226 /);
  expect(await entries(files, "/d")).toEqual([
    expect.stringMatching(/^ftpd\./),
  ]);
});

test("STOU after REST is refused and the marker stays", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.writeFile("/a", "0123");
  await dialogue(client, [
    ["TYPE I", /^200 /],
    ["REST 2", /^350 /],
    ["STOU", "450 Can't STOU while REST request is pending."],
  ]);
  const { bytes } = await client.download("RETR a");
  expect(new TextDecoder().decode(bytes)).toBe("23");
  expect(await entries(files)).toEqual(["a"]);
});

test("STOU without permission leaves no file behind", async () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.makeFolders("/closed");
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem, permissions: "elrw" });
  await authorizer.overridePermissions("anonymous", "/closed", "elr");
  await using stage = await loggedIn({ authorizer });
  await dialogue(stage.client, [
    ["STOU closed/x", "550 Not enough privileges."],
    ["CWD closed", /^250 /],
    ["STOU", "550 Not enough privileges."],
  ]);
  expect(await entries(fileSystem, "/closed")).toEqual([]);
});

test("STOU gives up after 50 names", async () => {
  const { files, tries } = refusing(new FileError("exists", "taken"));
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }),
  });
  await dialogue(stage.client, [
    ["STOU", "450 No usable unique file name found."],
  ]);
  expect(tries()).toBe(50);
});

test("another error of the file system is told with 450, at once", async () => {
  const { files, tries } = refusing(new FileError("no-space", "full"));
  await using stage = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }),
  });
  await dialogue(stage.client, [["STOU", "450 No space left on device."]]);
  expect(tries()).toBe(1);
  await using missing = await loggedIn();
  await dialogue(missing.client, [
    ["STOU nowhere/x", "450 No such file or directory."],
  ]);
});
