import { describe, expect, test } from "vitest";
import type { MemoryClient } from "../../adapters/memory.ts";
import { guarded, type GuardedOptions } from "./_guarded.ts";

const REFUSED = "550 Not enough privileges.";

/** Commands by the letter that they need. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  e: ["CWD d", "XCWD d", "CWD", "CDUP", "XCUP"],
  l: [
    "LIST",
    "LIST -la",
    "NLST d",
    "STAT /",
    "STAT f",
    "MLSD",
    "MLST f",
    "SIZE f",
    "MDTM f",
  ],
  r: ["RETR f"],
  a: ["APPE f", "APPE new"],
  d: ["DELE f", "RMD d", "XRMD d"],
  f: ["RNFR f", "RNTO g"],
  m: ["MKD new", "XMKD new"],
  w: ["STOR f", "STOR new", "STOU", "STOU f"],
  M: ["SITE CHMOD 600 f"],
  T: ["MFMT 20200101000000 f"],
};

/** A user `bob` with these letters, and a file and a folder. */
function only(permissions: string): GuardedOptions {
  return {
    users(authorizer, fileSystem) {
      fileSystem.writeFile("/f", "content");
      fileSystem.makeFolders("/d");
      const password = "secret";
      authorizer.addUser({
        username: "bob",
        password,
        fileSystem,
        permissions,
      });
    },
  };
}

/** The first reply to a command, of which nothing remains. */
async function tried(client: MemoryClient, command: string): Promise<string> {
  const reply = await client.command(command);
  if (reply.startsWith("1")) await client.command("ABOR");
  return reply;
}

describe("a letter allows its commands and no others", () => {
  for (const [letter, own] of Object.entries(COMMANDS)) {
    test(`${letter}: ${own.join(", ")}`, () =>
      guarded(only(letter), async ({ enter }) => {
        const client = await enter("bob");
        await client.command("TYPE I");
        for (const [other, commands] of Object.entries(COMMANDS)) {
          for (const command of commands) {
            const reply = await tried(client, command);
            if (other === letter) expect(reply, command).not.toBe(REFUSED);
            else expect(reply, command).toBe(REFUSED);
          }
        }
      }));
  }

  test("no letter leaves what needs none", () =>
    guarded(only(""), async ({ enter, files }) => {
      const client = await enter("bob");
      expect(await client.command("PWD")).toMatch(/^257 /);
      expect(await client.command("EPSV")).toMatch(/^229 /);
      for (const command of Object.values(COMMANDS).flat()) {
        expect(await client.command(command), command).toBe(REFUSED);
      }
      expect([...await names(files.list("/", { sorted: true, stat: "none" }))])
        .toEqual(["d", "f"]);
    }));

  test("elr is what users have unless told", () =>
    guarded({
      users(authorizer, fileSystem) {
        fileSystem.writeFile("/f", "");
        authorizer.addAnonymous({ fileSystem });
      },
    }, async ({ enter }) => {
      const client = await enter();
      expect((await client.download("RETR f")).reply).toMatch(/^226 /);
      expect(await client.command("CWD /")).toMatch(/^250 /);
      expect(await client.upload("STOR f", "x")).toBe(REFUSED);
    }));
});

async function names(
  batches: AsyncIterable<readonly { readonly name: string }[]>,
): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const batch of batches) all.push(...batch.map(({ name }) => name));
  return all;
}

describe("RNTO onto a file that exists", () => {
  for (const [letters, allowed] of [["f", false], ["fw", true], ["fd", true]]) {
    test(`with ${letters}: ${allowed ? "replaces it" : REFUSED}`, () =>
      guarded(only(String(letters)), async ({ enter, files }) => {
        files.writeFile("/g", "old");
        const client = await enter("bob");
        await client.command("RNFR f");
        expect(await client.command("RNTO g"))
          .toBe(allowed ? "250 Renaming ok." : REFUSED);
        expect(files.readFile("/g").length).toBe(allowed ? 7 : 3);
      }));
  }
});

/** `bob` may read everywhere, and in `/pub` whatever the overrides say. */
function overridden(
  overrides: readonly (readonly [string, string, boolean])[],
): GuardedOptions {
  return {
    async users(authorizer, fileSystem) {
      for (const folder of ["/pub", "/pub/in/deep", "/pub@", "/private"]) {
        fileSystem.makeFolders(folder);
        fileSystem.writeFile(`${folder}/f`, "x");
      }
      fileSystem.makeLink("/link", "pub");
      fileSystem.makeLink("/pub/out", "../private");
      fileSystem.makeLink("/pub/file", "../private/f");
      const password = "secret";
      authorizer.addUser({ username: "bob", password, fileSystem });
      for (const [directory, letters, recursive] of overrides) {
        await authorizer.overridePermissions("bob", directory, letters, {
          recursive,
        });
      }
    },
  };
}

/** Where of these `bob` may store a file. */
async function storable(options: GuardedOptions): Promise<readonly string[]> {
  const places = [
    "/f",
    "/pub/f",
    "/pub/in/f",
    "/pub/in/deep/f",
    "/pub@/f",
    "/link/f",
    "/link/in/f",
    "/pub/out/f",
    "/pub/file",
    "/pub/../private/f",
  ];
  const good: string[] = [];
  await guarded(options, async ({ enter }) => {
    const client = await enter("bob");
    for (const place of places) {
      const reply = await client.upload(`STOR ${place}`, "new");
      expect(reply).toMatch(/^226 |^550 Not enough privileges\.$/);
      if (reply.startsWith("226")) good.push(place);
    }
  });
  return good;
}

describe("permissions of a folder", () => {
  test("are the user's own without an override", async () => {
    expect(await storable(overridden([]))).toEqual([]);
  });

  test("recursive: count in all below, not beside, not behind a link", async () => {
    expect(await storable(overridden([["/pub", "elrw", true]]))).toEqual(
      ["/pub/f", "/pub/in/f", "/pub/in/deep/f"],
    );
  });

  test("not recursive: count for its files only", async () => {
    expect(await storable(overridden([["/pub", "elrw", false]]))).toEqual(
      ["/pub/f"],
    );
  });

  test("given for a link mean the folder behind it", async () => {
    expect(await storable(overridden([["/link", "elrw", false]]))).toEqual(
      ["/pub/f"],
    );
  });

  test.each([[[0, 1]], [[1, 0]]])(
    "deeper ones win, whatever the order: %j",
    async (order) => {
      const both = [
        ["/pub", "elrw", true],
        ["/pub/in", "elr", true],
      ] as const;
      const overrides = order.map((at) => both[at]!);
      expect(await storable(overridden(overrides))).toEqual(["/pub/f"]);
    },
  );

  test("may take rights away, and a link does not give them back", () =>
    guarded(overridden([["/private", "", true]]), async ({ enter }) => {
      const client = await enter("bob");
      for (const path of ["/private/f", "/pub/out/f", "/pub/file"]) {
        expect((await client.download(`RETR ${path}`)).reply, path)
          .toBe(REFUSED);
      }
      expect(await client.command("CWD /pub/out")).toBe(REFUSED);
      expect((await client.download("LIST /pub/out")).reply).toBe(REFUSED);
      expect((await client.download("RETR /pub/f")).reply).toMatch(/^226 /);
    }));

  test("count for both names of a renaming", () =>
    guarded(overridden([["/pub", "elrfw", true]]), async ({ enter }) => {
      const client = await enter("bob");
      expect(await client.command("RNFR /pub@/f")).toBe(REFUSED);
      expect(await client.command("RNFR /pub/f")).toMatch(/^350 /);
      expect(await client.command("RNTO /f")).toBe(REFUSED);
    }));

  test("show in the perm fact", () =>
    guarded(overridden([["/pub", "elrwm", false]]), async ({ enter }) => {
      const client = await enter("bob");
      expect(await client.command("MLST /pub/f")).toContain("perm=rw;");
      expect(await client.command("MLST /private/f")).toContain("perm=r;");
    }));

  test("may change while a session is open", () =>
    guarded(overridden([]), async ({ enter, authorizer }) => {
      const client = await enter("bob");
      expect(await client.upload("STOR /pub/new", "x")).toBe(REFUSED);
      await authorizer.overridePermissions("bob", "/pub", "elrw");
      expect(await client.upload("STOR /pub/new", "x")).toMatch(/^226 /);
    }));
});

test("a user who is removed is refused and keeps the session", () =>
  guarded(only("elradfmwMT"), async ({ enter, authorizer }) => {
    const client = await enter("bob");
    expect(await client.command("CWD /d")).toMatch(/^250 /);
    authorizer.removeUser("bob");
    expect(await client.command("CWD /")).toBe(REFUSED);
    expect(await client.command("PWD")).toMatch(/^257 "\/d" /);
    await client.command("USER bob");
    const answer = client.command("PASS secret");
    expect(await Promise.race([answer, Promise.resolve("waiting")]))
      .toBe("waiting");
  }));
