import { describe, expect, test } from "vitest";
import { MemoryFileSystem, settle } from "../../adapters/memory.ts";
import {
  dialogue,
  fetched,
  loggedIn,
  nextReply,
  passwords,
} from "./_dialogue.ts";

const MISSING = "550 No such file or directory.";
const DAY_MS = 24 * 60 * 60 * 1000;

/** The names at the ends of LIST lines. */
const names = (listing: string) =>
  listing.split("\r\n").slice(0, -1).map((line) => line.slice(55));

describe("LIST", () => {
  test("has a line per entry, sorted, dot files too", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/b", "12345");
    files.writeFile("/.hidden", "");
    files.makeFolders("/a");
    files.makeSpecial("/pipe");
    await files.setMode("/b", 0o4750);
    await files.setModified("/b", Date.UTC(2025, 11, 24, 9, 5));
    expect(await fetched(client, "LIST")).toBe(
      "-rw-r--r--   1 owner    group           0 Jan 01 00:00 .hidden\r\n" +
        "drwxr-xr-x   2 owner    group           0 Jan 01 00:00 a\r\n" +
        "-rwsr-x---   1 owner    group           5 Dec 24 09:05 b\r\n" +
        "prw-r--r--   1 owner    group           0 Jan 01 00:00 pipe\r\n",
    );
  });

  test("shows the hour of the last 180 days, and of the future", async () => {
    await using stage = await loggedIn();
    const { client, files, clock } = stage;
    const now = clock.wallTime();
    const times: readonly [number, string][] = [
      [now - 180 * DAY_MS, "Jul 05 00:00"],
      [now - 180 * DAY_MS - 1000, "Jul 04  2025"],
      [Date.UTC(1969, 0, 2), "Jan 02  1969"],
      [Date.UTC(2100, 1, 3, 4, 5), "Feb 03 04:05"],
      [8.64e15, "Jan 01 00:00"],
    ];
    files.writeFile("/f", "");
    for (const [time, shown] of times) {
      await files.setModified("/f", time);
      expect((await fetched(client, "LIST")).slice(42, 54)).toBe(shown);
    }
  });

  test("shows links as links, and where they lead inside", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/f", "");
    files.makeLink("/broken", "gone");
    files.makeLink("/in", "d");
    files.makeLink("/out", "../../etc/passwd");
    const lines = (await fetched(client, "LIST")).split("\r\n");
    expect(lines.map((line) => line.slice(0, 1)).join("")).toBe("ldll");
    expect(lines.map((line) => line.slice(55))).toEqual([
      "broken -> gone",
      "d",
      "in -> d",
      "out",
      "",
    ]);
  });

  test("of a link to a folder is of that folder", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/f", "");
    files.makeLink("/in", "d");
    expect(names(await fetched(client, "LIST in"))).toEqual(["f"]);
    expect(await fetched(client, "NLST in")).toBe("in/f\r\n");
    expect(await fetched(client, "MLSD in")).toMatch(/^\S+ f\r\n$/);
  });

  test("skips what vanishes while it runs", async () => {
    const files = new MemoryFileSystem();
    for (let at = 100; at < 400; at++) files.writeFile(`/${at}`, "");
    await using stage = await loggedIn({
      authorizer: passwords(files, { anonymous: "" }),
    });
    const { client, transport } = stage;
    transport.window = 100;
    const data = await client.passive();
    await dialogue(client, [["NLST", /^1/]]);
    await files.remove("/399");
    let listing = "";
    for (;;) {
      const chunk = await data.read();
      if (chunk === null) break;
      listing += new TextDecoder().decode(chunk);
    }
    expect(await nextReply(client)).toMatch(/^226 /);
    expect(listing.endsWith("397\r\n398\r\n")).toBe(true);
    data.close();
  });
});

describe("options of LIST and NLST", () => {
  async function stageWithFolder() {
    const stage = await loggedIn();
    stage.files.writeFile("/d/f", "");
    await dialogue(stage.client, [["CWD d", /^250 /]]);
    return stage;
  }

  test("mean the working directory, whatever letters they have", async () => {
    await using stage = await stageWithFolder();
    const { client } = stage;
    for (
      const options of [
        "-a",
        "-l",
        "-al",
        "-la",
        "-LA",
        "-1",
        "-R",
        "-lR -a",
        "-l ",
        "-",
        "--",
        "--color=never",
        "-@",
        "-l.",
        "-é",
      ]
    ) {
      expect(names(await fetched(client, `LIST ${options}`))).toEqual(["f"]);
      expect(await fetched(client, `NLST ${options}`)).toBe("f\r\n");
    }
  });

  test("may have a path behind them", async () => {
    await using stage = await stageWithFolder();
    const { client, files } = stage;
    files.writeFile("/two words/g", "");
    expect(names(await fetched(client, "LIST -la /d"))).toEqual(["f"]);
    expect(names(await fetched(client, "LIST -a -l f"))).toEqual(["f"]);
    expect(names(await fetched(client, "LIST -l  ../two words")))
      .toEqual(["g"]);
    expect(await fetched(client, "NLST -l ../d")).toBe("f\r\n");
    await dialogue(client, [
      ["LIST -la missing", MISSING],
      ["NLST -la missing", MISSING],
    ]);
  });

  test("are names where such names exist", async () => {
    await using stage = await stageWithFolder();
    const { client, files } = stage;
    files.writeFile("/d/-la", "");
    files.writeFile("/d/-a b", "");
    files.makeLink("/d/-x", "nowhere");
    expect(names(await fetched(client, "LIST -la"))).toEqual(["-la"]);
    expect(names(await fetched(client, "LIST -a b"))).toEqual(["-a b"]);
    expect(names(await fetched(client, "LIST -x")))
      .toEqual(["-x -> nowhere"]);
    expect(names(await fetched(client, "LIST -l -la"))).toEqual(["-la"]);
    expect(names(await fetched(client, "LIST -l -a b"))).toEqual(["-a b"]);
    expect(await fetched(client, "NLST -la")).toBe("-la\r\n");
  });

  test("are none of MLSD's and MLST's", async () => {
    await using stage = await stageWithFolder();
    await dialogue(stage.client, [["MLSD -la", MISSING], ["MLST -a", MISSING]]);
  });
});

describe("NLST", () => {
  test("names the working directory's entries as they are", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/b", "");
    files.makeFolders("/d/a");
    files.makeLink("/d/c", "nowhere");
    await dialogue(client, [["CWD d", /^250 /]]);
    for (const command of ["NLST", "NLST .", "NLST /d", "NLST ../d/"]) {
      expect(await fetched(client, command)).toBe("a\r\nb\r\nc\r\n");
    }
  });

  test("names another folder's so that they can be used", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/e/f", "content");
    const cases = [
      ["NLST d/e", "d/e/f"],
      ["NLST d/e/", "d/e/f"],
      ["NLST /d/e", "/d/e/f"],
      ["NLST ./d//e", "./d//e/f"],
    ];
    for (const [command, name] of cases) {
      expect(await fetched(client, command!)).toBe(`${name}\r\n`);
      expect(await fetched(client, `RETR ${name}`)).toBe("content");
    }
    await dialogue(client, [["CWD d/e", /^250 /]]);
    expect(await fetched(client, "NLST ..")).toBe("../e\r\n");
    expect(await fetched(client, "NLST /")).toBe("/d\r\n");
  });

  test("of a file is its name", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/d/f", "");
    files.makeLink("/l", "nowhere");
    expect(await fetched(client, "NLST d/f")).toBe("f\r\n");
    expect(await fetched(client, "NLST l")).toBe("l\r\n");
    expect(names(await fetched(client, "LIST d/f"))).toEqual(["f"]);
  });
});

describe("every listing", () => {
  const commands = ["LIST", "NLST", "MLSD"];

  test("of an empty folder is empty and a success", async () => {
    await using stage = await loggedIn();
    stage.files.makeFolders("/d");
    for (const command of commands) {
      expect(await fetched(stage.client, command)).not.toBe("");
      expect(await fetched(stage.client, `${command} d`)).toBe("");
    }
  });

  test("of a missing path is a 550, and the connection stays", async () => {
    await using stage = await loggedIn();
    const { client } = stage;
    const data = await client.passive();
    for (const command of commands) {
      await dialogue(client, [[`${command} missing`, MISSING]]);
    }
    await dialogue(client, [["NLST", /^125 /, /^226 /]]);
    expect(await data.read()).toBe(null);
    data.close();
  });

  test("has line ends of CR LF, whatever the type", async () => {
    await using stage = await loggedIn();
    const { client, files } = stage;
    files.writeFile("/a", "");
    files.writeFile("/b", "");
    for (const type of ["A", "I"]) {
      await dialogue(client, [[`TYPE ${type}`, /^200 /]]);
      for (const command of commands) {
        expect(await fetched(client, command)).toMatch(
          /^[^\r\n]+ ?a\r\n[^\r\n]* ?b\r\n$|^a\r\nb\r\n$/,
        );
      }
    }
  });

  test("is made while it is sent", async () => {
    const files = new MemoryFileSystem();
    let made = 0;
    files.list = async function* () {
      for (; made < 1000; made++) {
        yield await Promise.resolve([{ name: `f${made}`, stat: null }]);
      }
    };
    await using stage = await loggedIn({
      authorizer: passwords(files, { anonymous: "" }),
    });
    const { client, transport } = stage;
    transport.window = 50;
    const data = await client.passive();
    await dialogue(client, [["NLST", /^1/]]);
    await settle();
    expect(made).toBeLessThan(50);
    data.reset();
    expect(await nextReply(client)).toMatch(/^426 /);
  });
});
