import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClientFixture,
  MANY_FILES,
  ODD_NAMES,
  RAW_NAMES,
} from "../support/client_fixture.ts";
import { exists, fileHash, sha256 } from "../support/files.ts";
import { type ProgramResult, requireProgram, run } from "../support/program.ts";

const MODES: readonly (readonly [string, readonly string[]])[] = [
  ["EPSV", ["passive on"]],
  ["PASV", ["passive on", "epsv4 off"]],
  ["EPRT", ["passive off"]],
  ["PORT", ["passive off", "epsv4 off"]],
];

describe("tnftp", () => {
  let program: string;
  let fixture: ClientFixture;

  beforeAll(async () => {
    program = requireProgram("tnftp", "tnftp");
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  /** Runs commands of tnftp; it does not stop at one that fails. */
  async function tnftp(
    ...lines: readonly (string | Buffer)[]
  ): Promise<ProgramResult> {
    const script = [
      "prompt off",
      "user user pass",
      "binary",
      ...lines,
      "bye",
    ].map((line) => Buffer.concat([Buffer.from(line), Buffer.from("\n")]));
    return await run(
      program,
      [
        "-n",
        "-v",
        "-d",
        fixture.server.hostname,
        String(fixture.server.port),
      ],
      { input: Buffer.concat(script), cwd: fixture.local.path },
    );
  }

  describe.each(MODES)("%s", (mode, options) => {
    test("really is what tnftp asks for", async () => {
      const { text } = await tnftp(...options, "ls");
      expect(text).toContain(`---> ${mode}`);
    });

    test("lists by LIST, NLST and MLSD", async () => {
      const { text } = await tnftp(...options, "ls", "nlist sub", "mlsd sub");
      expect(text).toMatch(/^-rw.* big\.bin\r?$/m);
      expect(text).toMatch(/^(sub\/)?inner\.txt\r?$/m);
      expect(text).toMatch(/type=file;.* inner\.txt\r?$/m);
      expect(text).not.toMatch(/^[45]\d\d /m);
    });

    test("downloads, uploads, appends and resumes both ways", async () => {
      const down = fixture.local.at(`down-${mode}`);
      const up = fixture.remote.at(`up-${mode}`);
      await tnftp(
        ...options,
        `get big.bin down-${mode}`,
        `put big.bin up-${mode}`,
      );
      expect(fileHash(down)).toBe(fixture.bigHash);
      expect(fileHash(up)).toBe(fixture.bigHash);

      writeFileSync(down, fixture.big.subarray(0, 54_321));
      writeFileSync(fixture.local.at("tail"), fixture.big.subarray(12_345));
      writeFileSync(up, fixture.big.subarray(0, 12_345));
      await tnftp(
        ...options,
        `reget big.bin down-${mode}`,
        `append tail up-${mode}`,
      );
      expect(fileHash(down)).toBe(fixture.bigHash);
      expect(fileHash(up)).toBe(fixture.bigHash);

      await tnftp(...options, "restart 12345", `put big.bin up-${mode}`);
      expect(fileHash(up)).toBe(fixture.bigHash);
    });

    test("renames, makes and removes folders, changes modes, deletes", async () => {
      const { text } = await tnftp(
        ...options,
        `mkdir made-${mode}`,
        `put big.bin made-${mode}/a`,
        `rename made-${mode}/a made-${mode}/b`,
        `chmod 600 made-${mode}/b`,
        `size made-${mode}/b`,
        `modtime made-${mode}/b`,
        `delete made-${mode}/b`,
        `rmdir made-${mode}`,
      );
      expect(text).not.toMatch(/^[45]\d\d /m);
      expect(text).toContain(`213 ${fixture.big.length}`);
      expect(exists(fixture.remote.at(`made-${mode}`))).toBe(false);
    });
  });

  test("converts lines in ASCII, both ways", async () => {
    writeFileSync(fixture.local.at("lines"), "a\nb\n");
    await tnftp("ascii", "put lines lines", "get text.txt text.txt");
    expect(readFileSync(fixture.remote.at("lines"), "utf8")).toBe("a\nb\n");
    expect(readFileSync(fixture.local.at("text.txt"), "utf8"))
      .toBe("one\ntwo\nthree\n");
  });

  test.each([...ODD_NAMES, ...RAW_NAMES])(
    "moves a name with %s both ways",
    async (label, name) => {
      const quoted = Buffer.from(
        name.toString("latin1").replace(/[ "'\\]/g, "\\$&"),
        "latin1",
      );
      const line = (before: string, after: string): Buffer =>
        Buffer.concat([Buffer.from(before), quoted, Buffer.from(after)]);
      const { text } = await tnftp(
        line("get odd/", " got"),
        line("put big.bin odd/copy\\ ", ""),
      );
      expect(readFileSync(fixture.local.at("got"), "utf8"), text).toBe(label);
      const copy = Buffer.concat([Buffer.from("odd/copy "), name]);
      expect(fileHash(fixture.remote.atBytes(copy))).toBe(fixture.bigHash);
    },
  );

  test("gets and puts many files by pattern", async () => {
    for (const number of [1, 2, 3]) {
      writeFileSync(fixture.remote.at("sub", `m${number}`), `remote ${number}`);
      writeFileSync(fixture.local.at(`p${number}`), `local ${number}`);
    }
    await tnftp("cd sub", "mget m1 m2 m3", "mput p1 p2 p3");
    for (const number of [1, 2, 3]) {
      expect(readFileSync(fixture.local.at(`m${number}`), "utf8"))
        .toBe(`remote ${number}`);
      expect(readFileSync(fixture.remote.at("sub", `p${number}`), "utf8"))
        .toBe(`local ${number}`);
    }
  });

  test(`lists a folder of ${MANY_FILES} files`, async () => {
    const { stdout } = await tnftp(
      "nlist many names",
      "ls many lines",
      "mlsd many",
    );
    const facts = stdout.toString().match(/type=file;.* file-\d+\r?$/gm);
    expect(facts?.length).toBe(MANY_FILES);
    for (const name of ["names", "lines"]) {
      const content = readFileSync(fixture.local.at(name), "utf8").trimEnd();
      expect(content.split("\n").length, name).toBe(MANY_FILES);
    }
  });

  test("asks for status, features, system and help", async () => {
    const { text } = await tnftp(
      "rstatus",
      "rstatus sub",
      "features",
      "system",
      "remotehelp",
      "site HELP",
      "quote NOOP",
      "pwd",
      "cdup",
      "remopts UTF8 ON",
    );
    for (const code of [211, 213, 215, 214, 200, 257, 250]) {
      expect(text).toMatch(new RegExp(`^${code}[ -]`, "m"));
    }
    expect(text).not.toMatch(/^[45]\d\d /m);
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    const { text } = await tnftp("get nope", "user user wrong", "ls");
    expect(text).toContain("550 No such file or directory.");
    expect(text).toContain("530 Authentication failed.");
  });

  test("fetches a URL without a dialogue", async () => {
    const result = await run(program, [
      "-V",
      "-o",
      "by-url",
      fixture.url("big.bin"),
    ], { cwd: fixture.local.path });
    expect(result.code, result.text).toBe(0);
    expect(fileHash(fixture.local.at("by-url"))).toBe(fixture.bigHash);
    expect(sha256(fixture.big)).toBe(fixture.bigHash);
  });
});
