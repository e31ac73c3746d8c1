import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClientFixture,
  MANY_FILES,
  ODD_NAMES,
  RAW_NAMES,
} from "../support/client_fixture.ts";
import { exists, fileHash, until } from "../support/files.ts";
import { type ProgramResult, requireProgram, run } from "../support/program.ts";

/** ncftp knows neither EPSV nor EPRT. */
const MODES: readonly (readonly [string, string])[] = [
  ["PASV", "-F"],
  ["PORT", "-E"],
];

type Program = "ncftpls" | "ncftpget" | "ncftpput";

describe("ncftp", () => {
  let fixture: ClientFixture;

  beforeAll(async () => {
    for (const name of ["ncftp", "ncftpls", "ncftpget", "ncftpput"]) {
      requireProgram(name, "ncftp");
    }
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  /** Runs one of its programs and checks that it was content. */
  async function ncftp(
    program: Program,
    ...parameters: readonly (string | Buffer)[]
  ): Promise<ProgramResult> {
    const result = await run(program, [
      ...["-u", "user", "-p", "pass", "-P", String(fixture.server.port)],
      ...(program === "ncftpls" ? [] : ["-V"]),
      ...["-t", "5", "-r", "1", "-d", "stdout"],
      ...parameters,
    ], { cwd: fixture.local.path, env: { HOME: fixture.local.path } });
    expect(result.code, result.text).toBe(0);
    return result;
  }

  function host(): string {
    return fixture.server.hostname;
  }

  describe.each(MODES)("%s", (mode, option) => {
    test("really is what ncftp asks for", async () => {
      const { text } = await ncftp("ncftpls", option, fixture.url(""));
      expect(text).toContain(`Cmd: ${mode}`);
    });

    test("lists, short and long", async () => {
      const short = await ncftp("ncftpls", option, "-1", fixture.url(""));
      expect(short.text).toMatch(/^big\.bin$/m);
      const long = await ncftp("ncftpls", option, "-l", fixture.url(""));
      expect(long.text).toMatch(/^-rw.* big\.bin$/m);
    });

    test("downloads, uploads, appends and resumes both ways", async () => {
      const down = fixture.local.at(`down-${mode}/big.bin`);
      mkdirSync(fixture.local.at(`down-${mode}`));
      await ncftp("ncftpget", option, host(), `down-${mode}`, "big.bin");
      expect(fileHash(down)).toBe(fixture.bigHash);
      writeFileSync(down, fixture.big.subarray(0, 54_321));
      await ncftp("ncftpget", option, "-z", host(), `down-${mode}`, "big.bin");
      expect(fileHash(down)).toBe(fixture.bigHash);

      const up = fixture.remote.at(`up-${mode}/big.bin`);
      await ncftp("ncftpput", option, "-m", host(), `up-${mode}`, "big.bin");
      expect(fileHash(up)).toBe(fixture.bigHash);
      writeFileSync(up, fixture.big.subarray(0, 12_345));
      // -s: with sendfile() it resumes from the start of the file.
      await ncftp(
        "ncftpput",
        option,
        ...["-s", "-z", host(), `up-${mode}`, "big.bin"],
      );
      expect(fileHash(up)).toBe(fixture.bigHash);
      await ncftp("ncftpput", option, "-A", host(), `up-${mode}`, "big.bin");
      expect(readFileSync(up).length).toBe(2 * fixture.big.length);
    });

    test("moves a tree up and down", async () => {
      mkdirSync(fixture.local.at(`tree-${mode}/a/b`), { recursive: true });
      writeFileSync(fixture.local.at(`tree-${mode}/a/b/c`), "leaf");
      mkdirSync(fixture.local.at(`back-${mode}`));
      await ncftp("ncftpput", option, "-R", host(), "/", `tree-${mode}`);
      expect(readFileSync(fixture.remote.at(`tree-${mode}/a/b/c`), "utf8"))
        .toBe("leaf");
      await ncftp(
        "ncftpget",
        option,
        ...["-R", host(), `back-${mode}`, `/tree-${mode}`],
      );
      const back = fixture.local.at(`back-${mode}/tree-${mode}/a/b/c`);
      expect(readFileSync(back, "utf8")).toBe("leaf");
    });
  });

  test("uploads under a temporary name, then renames; deletes after", async () => {
    writeFileSync(fixture.local.at("renamed.bin"), fixture.big);
    await ncftp(
      "ncftpput",
      ...["-T", "tmp-", "-DD", host(), "/", "renamed.bin"],
    );
    expect(fileHash(fixture.remote.at("renamed.bin"))).toBe(fixture.bigHash);
    expect(exists(fixture.remote.at("tmp-renamed.bin"))).toBe(false);
    expect(exists(fixture.local.at("renamed.bin"))).toBe(false);
    mkdirSync(fixture.local.at("moved"));
    await ncftp("ncftpget", "-DD", host(), "moved", "renamed.bin");
    expect(exists(fixture.remote.at("renamed.bin"))).toBe(false);
    expect(fileHash(fixture.local.at("moved/renamed.bin")))
      .toBe(fixture.bigHash);
  });

  test.each([...ODD_NAMES, ...RAW_NAMES])(
    "moves a name with %s both ways",
    async (label, name) => {
      // By URL, since names of ncftpget are patterns.
      const path = Buffer.concat([Buffer.from("odd/"), name]);
      const got = await ncftp("ncftpget", "-c", fixture.url(path));
      expect(got.stdout.toString()).toContain(label);
      // What stands before a backslash is a folder to ncftpput.
      if (name.includes("\\")) return;
      writeFileSync(fixture.local.atBytes(name), label);
      await ncftp("ncftpput", "-m", host(), "odd-copies", name);
      const copy = Buffer.concat([Buffer.from("odd-copies/"), name]);
      expect(readFileSync(fixture.remote.atBytes(copy), "utf8")).toBe(label);
    },
  );

  test(`lists a folder of ${MANY_FILES} files`, async () => {
    const { stdout } = await run("ncftpls", ["-1", fixture.url("many/")]);
    expect(stdout.toString().trimEnd().split("\n").length).toBe(MANY_FILES);
  });

  test("renames, makes and removes folders, changes modes, deletes", async () => {
    const result = await run("ncftp", [
      ...["-u", "user", "-p", "pass", "-P", String(fixture.server.port)],
      host(),
    ], {
      cwd: fixture.local.path,
      env: { HOME: fixture.local.path, TERM: "dumb" },
      input: [
        "mkdir made",
        "put -z big.bin made/a",
        "rename made/a made/b",
        "chmod 600 made/b",
        "mkdir made/deep",
        "rmdir made/deep",
        "rename made still-made",
        "pwd",
        "quit",
      ].join("\n"),
    });
    expect(fileHash(fixture.remote.at("still-made/b")), result.text)
      .toBe(fixture.bigHash);
    expect(exists(fixture.remote.at("still-made/deep"))).toBe(false);
  });

  test("interrupted in an upload, leaves an incomplete one", async () => {
    const before = (await fixture.server.events()).length;
    writeFileSync(fixture.local.at("zero"), Buffer.alloc(512 * 2 ** 20));
    await run("ncftpput", [
      ...["-u", "user", "-p", "pass", "-P", String(fixture.server.port)],
      ...["-V", host(), "/", fixture.local.at("zero")],
    ], { timeoutMs: 80 });
    await until(
      "an event",
      async () => (await fixture.server.events()).length > before,
    );
    expect(readFileSync(fixture.remote.at("zero")).length)
      .toBeLessThan(512 * 2 ** 20);
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    const options = ["-P", String(fixture.server.port), "-t", "5", "-r", "1"];
    const wrong = await run("ncftpls", [
      ...["-u", "user", "-p", "wrong", ...options, `ftp://${host()}/`],
    ]);
    expect(wrong.code).not.toBe(0);
    const missing = await run("ncftpget", [
      ...["-u", "user", "-p", "pass", ...options],
      ...[host(), fixture.local.path, "nope"],
    ]);
    expect(missing.code).not.toBe(0);
  });
});
