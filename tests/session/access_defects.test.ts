// What pyftpdlib gets wrong about who may do what, by the numbers of its
// defects.

import { expect, test } from "vitest";
import {
  ConfigError,
  MemoryAuthorizer,
  MemoryClient,
  MemoryFileSystem,
  memoryServer,
  settle,
} from "../../adapters/memory.ts";
import { dialogue, loggedIn, nextReply } from "./_dialogue.ts";

test("D1: STOU does not leave the home through a link", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeLink("/out", "../../tmp");
  await dialogue(client, [
    ["STOU out/x", /^550 .*outside the user's root directory\.$/],
    ["CWD out", /^550 /],
  ]);
});

test("D24: of nested overrides the deepest decides", async () => {
  for (const order of [["/a", "/a/b"], ["/a/b", "/a"]]) {
    const fileSystem = new MemoryFileSystem();
    fileSystem.makeFolders("/a/b/c");
    const authorizer = new MemoryAuthorizer();
    authorizer.addAnonymous({ fileSystem, permissions: "el" });
    for (const folder of order) {
      const letters = folder === "/a" ? "elm" : "el";
      await authorizer.overridePermissions("anonymous", folder, letters, {
        recursive: true,
      });
    }
    await using stage = await loggedIn({ authorizer });
    await dialogue(stage.client, [
      ["MKD /x", "550 Not enough privileges."],
      ["MKD /a/x", /^257 /],
      ["MKD /a/b/x", "550 Not enough privileges."],
      ["MKD /a/b/c/x", "550 Not enough privileges."],
    ]);
  }
});

test("D25: a link does not lead around an override", async () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.writeFile("/secret/f", "x");
  fileSystem.makeLink("/door", "/secret");
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem, permissions: "elrdw" });
  await authorizer.overridePermissions("anonymous", "/secret", "", {
    recursive: true,
  });
  await using stage = await loggedIn({ authorizer });
  const refused = "550 Not enough privileges.";
  await dialogue(stage.client, [
    ["RETR /secret/f", refused],
    ["RETR /door/f", refused],
    ["DELE door/f", refused],
    ["STOR door/new", refused],
    ["STOU door/new", refused],
    ["CWD door", refused],
    ["NLST door", refused],
    ["MLST door/f", refused],
  ]);
});

test("D26: the limit admits as many as it says, and each leaves once", async () => {
  let left = 0;
  await using server = await memoryServer({
    maxConnections: 2,
    hooks: { disconnect: () => void left++ },
  });
  const [first, second] = [await server.connect(), await server.connect()];
  const third = await server.dial();
  expect(await nextReply(third)).toBe(
    "421 Too many connections. Service temporarily unavailable.",
  );
  expect(await third.isEnded()).toBe(true);
  for (const client of [first, second, third]) client.close();
  await settle();
  expect(left).toBe(2);
  expect(await server.connect()).toBeInstanceOf(MemoryClient);
});

test("D30: an empty list of passive ports is refused", async () => {
  await expect(memoryServer({ passivePorts: [] })).rejects.toThrow(ConfigError);
});

test("a folder that has rules below it cannot be moved from under them", async () => {
  const fileSystem = new MemoryFileSystem();
  fileSystem.writeFile("/a/private/f", "x");
  fileSystem.makeFolders("/c");
  const authorizer = new MemoryAuthorizer();
  authorizer.addAnonymous({ fileSystem, permissions: "elradfmw" });
  await authorizer.overridePermissions("anonymous", "/a/private", "", {
    recursive: true,
  });
  await using stage = await loggedIn({ authorizer });
  const refused = "550 Not enough privileges.";
  await dialogue(stage.client, [
    ["RNFR /a", refused],
    ["RNFR /a/private", refused],
    ["RNFR /c", /^350 /],
    ["RNTO /a", refused],
    ["RNFR /c", /^350 /],
    ["RNTO /d", /^250 /],
    ["MLST /a", /;perm=eldmcp;/],
  ]);
});
