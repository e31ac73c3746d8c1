import { describe, expect, test } from "vitest";
import { MemoryAuthorizer, MemoryFileSystem } from "../../adapters/memory.ts";
import {
  dialogue,
  fetched,
  greeted,
  loggedIn,
  passwords,
} from "./_dialogue.ts";

/** The facts of a line, by name. */
function factsOf(line: string): Readonly<Record<string, string>> {
  const [facts = ""] = line.trim().split(" ");
  return Object.fromEntries(
    facts.split(";").slice(0, -1).map((fact) => fact.split("=")),
  );
}

describe("MLST", () => {
  test("tells the facts of a path on the control connection", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/f", "12345");
    await files.setModified("/d/f", Date.UTC(2001, 1, 3, 4, 5, 6));
    const facts = "modify=20010203040506;perm=radfw;size=5;type=file;unique=";
    await dialogue(client, [
      ["CWD d", /^250 /],
      [
        "MLST f",
        new RegExp(
          `^250-Listing "/d/f":\n ${facts}[0-9a-f]+; /d/f\n250 End MLST\\.$`,
        ),
      ],
      [
        "MLST",
        /^250-Listing "\/d":\n modify=\d{14};perm=eldfmcp;size=0;type=dir;unique=\S+; \/d\n250 End MLST\.$/,
      ],
      ["MLST /", /^250-Listing "\/":\n .*type=dir;.* \/\n250 End MLST\.$/],
      ["MLST missing", "550 No such file or directory."],
      ["MLST f/x", "550 Not a directory."],
    ]);
  });

  test("follows links, and does not tell of what is outside", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/f", "12345");
    files.makeLink("/l", "f");
    files.makeLink("/broken", "gone");
    files.makeLink("/out", "../../etc/passwd");
    await dialogue(client, [
      ["MLST l", /;size=5;type=file;/],
      ["MLST broken", "550 No such file or directory."],
      ["MLST out", /^550 '\/out' points to a path which is outside/],
    ]);
  });

  test("tells the facts that OPTS chose, sorted, and none after none", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/f", "12345");
    await dialogue(client, [
      ["OPTS MLST type;size;type;", "200 MLST OPTS type;size;type;"],
      ["MLST f", '250-Listing "/f":\n size=5;type=file; /f\n250 End MLST.'],
      ["OPTS MLST", "200 MLST OPTS "],
      ["MLST f", '250-Listing "/f":\n  /f\n250 End MLST.'],
    ]);
    expect(await fetched(client, "MLSD")).toBe(" f\r\n");
  });

  test("leaves out a time that cannot be written", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/f", "");
    await files.setModified("/f", 8.64e15);
    await dialogue(client, [
      ["OPTS MLST modify;type;", /^200 /],
      ["MLST f", '250-Listing "/f":\n type=file; /f\n250 End MLST.'],
      ["STAT f", /^213-.*\n.* f\n213 /],
    ]);
  });
});

describe("MLSD", () => {
  test("has a line per entry, with its name only", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/two words", "12345");
    files.makeFolders("/d/sub");
    files.makeLink("/d/in", "two words");
    files.makeLink("/d/broken", "gone");
    files.makeLink("/d/out", "../../../etc/passwd");
    files.makeSpecial("/d/pipe");
    const lines = (await fetched(client, "MLSD d")).split("\r\n").slice(0, -1);
    const byName = new Map(
      lines.map((line) => [line.slice(line.indexOf(" ") + 1), factsOf(line)]),
    );
    expect([...byName.keys()].sort()).toEqual([
      "in",
      "pipe",
      "sub",
      "two words",
    ]);
    expect(byName.get("two words")).toMatchObject({ type: "file", size: "5" });
    expect(byName.get("in")).toEqual(byName.get("two words"));
    expect(byName.get("sub")).toMatchObject({ type: "dir" });
    expect(byName.get("pipe")).toMatchObject({ type: "file" });
    for (const line of lines) {
      expect(Object.keys(factsOf(line))).toEqual([
        "modify",
        "perm",
        "size",
        "type",
        "unique",
      ]);
    }
  });

  test("has every fact that was asked for", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/f", "");
    await files.setMode("/f", 0o640);
    const all = "type;perm;size;modify;unique;unix.mode;unix.uid;unix.gid;";
    await dialogue(client, [
      // These files have no time of creation.
      [`OPTS MLST ${all}create;`, `200 MLST OPTS ${all}`],
    ]);
    expect(factsOf(await fetched(client, "MLSD"))).toMatchObject({
      "unix.mode": "0640",
      "unix.uid": "0",
      "unix.gid": "0",
    });
  });

  test("of a file is a 501", async () => {
    await using stage = await loggedIn();
    stage.files.writeFile("/f", "");
    await dialogue(stage.client, [["MLSD f", "501 No such directory."]]);
  });
});

describe("the perm fact", () => {
  test("is what the user's letters come to", async () => {
    const cases: readonly [string, string, string][] = [
      ["elradfmwMT", "eldfmcp", "radfw"],
      ["elr", "el", "r"],
      ["lw", "lc", "w"],
      ["la", "lc", "a"],
      ["lf", "lfc", "f"],
      ["ld", "ldp", "d"],
      ["lmMT", "lm", ""],
    ];
    for (const [permissions, folder, file] of cases) {
      const fileSystem = new MemoryFileSystem();
      fileSystem.makeFolders("/d");
      fileSystem.writeFile("/f", "");
      const authorizer = new MemoryAuthorizer();
      authorizer.addAnonymous({ fileSystem, permissions });
      await using stage = await loggedIn({ authorizer });
      const lines = (await fetched(stage.client, "MLSD")).split("\r\n");
      const letters = lines.slice(0, -1).map((line) =>
        [...factsOf(line)["perm"] ?? ""].sort().join("")
      );
      expect(letters).toEqual([
        [...folder].sort().join(""),
        [...file].sort().join(""),
      ]);
    }
  });

  test("knows of other permissions in a folder", async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.writeFile("/in/f", "");
    fileSystem.writeFile("/f", "");
    const authorizer = new MemoryAuthorizer();
    authorizer.addAnonymous({ fileSystem, permissions: "elr" });
    await authorizer.overridePermissions("anonymous", "/in", "elw", {
      recursive: true,
    });
    await using stage = await loggedIn({ authorizer });
    const { client } = stage;
    await client.command("OPTS MLST perm;");
    expect((await fetched(client, "MLSD")).split("\r\n").sort()).toEqual([
      "",
      "perm=elc; in",
      "perm=r; f",
    ]);
    expect(await fetched(client, "MLSD in")).toBe("perm=w; f\r\n");
    await dialogue(client, [
      ["MLST in/f", '250-Listing "/in/f":\n perm=w; /in/f\n250 End MLST.'],
    ]);
  });

  test("opens no folder when it cannot be told what is allowed", async () => {
    const fileSystem = new MemoryFileSystem();
    fileSystem.writeFile("/f", "");
    let opened = 0;
    const list = fileSystem.list.bind(fileSystem);
    fileSystem.list = (...args) => {
      opened++;
      return list(...args);
    };
    const authorizer = passwords(fileSystem, { anonymous: "anonymous@" }, {
      allows: (action) =>
        action === "mkdir"
          ? Promise.reject(new Error("the database is gone"))
          : true,
    });
    await using stage = await greeted({ authorizer });
    await dialogue(stage.client, [
      ["USER anonymous", /^331 /],
      ["PASS anonymous@", /^230 /],
      ["MLSD", /^[45]\d\d /],
    ]);
    expect(opened).toBe(0);
  });
});
