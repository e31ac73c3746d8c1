import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClientFixture,
  MANY_FILES,
  ODD_NAMES,
  RAW_NAMES,
} from "../support/client_fixture.ts";
import { exists, fileHash, sha256, until } from "../support/files.ts";
import { type ProgramResult, requireProgram, run } from "../support/program.ts";

const MODES: readonly (readonly [string, readonly string[]])[] = [
  ["EPSV", []],
  ["PASV", ["--disable-epsv"]],
  ["EPRT", ["--ftp-port", "-"]],
  ["PORT", ["--ftp-port", "-", "--disable-eprt"]],
];

describe("curl", () => {
  let program: string;
  let fixture: ClientFixture;

  beforeAll(async () => {
    program = requireProgram("curl", "curl");
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  /** Runs curl and checks that it was content. */
  async function curl(...parameters: string[]): Promise<ProgramResult> {
    const result = await run(
      program,
      ["--silent", "--show-error", "--max-time", "15", ...parameters],
      { cwd: fixture.local.path },
    );
    expect(result.code, result.text).toBe(0);
    return result;
  }

  describe.each(MODES)("%s", (mode, options) => {
    test("really is what curl asks for", async () => {
      const { text } = await curl("-v", ...options, fixture.url("sub/"));
      expect(text).toContain(`> ${mode}`);
    });

    test("lists, by LIST and by NLST", async () => {
      const list = await curl(...options, fixture.url(""));
      expect(list.text).toMatch(/^-rw.* big\.bin$/m);
      expect(list.text).toMatch(/^drwx.* sub$/m);
      const names = await curl(...options, "--list-only", fixture.url("sub/"));
      expect(names.stdout.toString()).toBe("inner.txt\n");
      const empty = await curl(...options, fixture.url("empty/"));
      expect(empty.stdout.length).toBe(0);
    });

    test("downloads, whole and in part", async () => {
      const whole = await curl(...options, fixture.url("big.bin"));
      expect(sha256(whole.stdout)).toBe(fixture.bigHash);
      const part = await curl(
        ...options,
        "-r",
        "5-104",
        fixture.url("big.bin"),
      );
      expect(sha256(part.stdout)).toBe(sha256(fixture.big.subarray(5, 105)));
      const tail = await curl(...options, "-r", "-100", fixture.url("big.bin"));
      expect(sha256(tail.stdout)).toBe(sha256(fixture.big.subarray(-100)));
      const text = await curl(
        ...options,
        "--use-ascii",
        fixture.url("text.txt"),
      );
      // curl turns CRLF into LF again; what comes in TYPE A is counted.
      expect(text.stdout.toString()).toBe("one\ntwo\nthree\n");
    });

    test("uploads, appends and resumes both ways", async () => {
      const name = `up-${mode}`;
      await curl(...options, "-T", "big.bin", fixture.url(name));
      expect(fileHash(fixture.remote.at(name))).toBe(fixture.bigHash);
      await curl(...options, "-a", "-T", "big.bin", fixture.url(name));
      expect(fileHash(fixture.remote.at(name)))
        .toBe(sha256(Buffer.concat([fixture.big, fixture.big])));

      writeFileSync(fixture.remote.at(name), fixture.big.subarray(0, 12_345));
      await curl(...options, "-C", "-", "-T", "big.bin", fixture.url(name));
      expect(fileHash(fixture.remote.at(name))).toBe(fixture.bigHash);

      const part = fixture.local.at(`down-${mode}`);
      writeFileSync(part, fixture.big.subarray(0, 54_321));
      await curl(...options, "-C", "-", "-o", part, fixture.url("big.bin"));
      expect(fileHash(part)).toBe(fixture.bigHash);
    });
  });

  test("renames, makes and removes folders, deletes", async () => {
    await curl(
      "-T",
      "big.bin",
      "--ftp-create-dirs",
      fixture.url("made/deep/er/file"),
    );
    expect(exists(fixture.remote.at("made/deep/er/file"))).toBe(true);
    const commands = [
      "RNFR made/deep/er/file",
      "RNTO made/renamed",
      "RMD made/deep/er",
      "RMD made/deep",
      "SITE CHMOD 600 made/renamed",
      "MKD made/new",
    ];
    await curl(
      ...commands.flatMap((command) => ["-Q", command]),
      "-I",
      fixture.url("text.txt"),
    );
    expect(fileHash(fixture.remote.at("made/renamed"))).toBe(fixture.bigHash);
    expect(exists(fixture.remote.at("made/deep"))).toBe(false);
    expect(exists(fixture.remote.at("made/new"))).toBe(true);
    await curl("-Q", "DELE made/renamed", fixture.url("sub/"));
    expect(exists(fixture.remote.at("made/renamed"))).toBe(false);
  });

  test("reads size and time of a file", async () => {
    const { text } = await curl("-I", fixture.url("big.bin"));
    expect(text).toContain(`Content-Length: ${fixture.big.length}`);
    expect(text).toMatch(/Last-Modified: \w{3}, \d\d \w{3} 20\d\d/);
  });

  test.each([...ODD_NAMES, ...RAW_NAMES])(
    "moves a name with %s both ways",
    async (label, name) => {
      const path = Buffer.concat([Buffer.from("odd/"), name]);
      const { stdout } = await curl("--path-as-is", fixture.url(path));
      expect(stdout.toString()).toBe(label);
      const copy = Buffer.concat([Buffer.from("odd/copy-"), name]);
      await curl("--path-as-is", "-T", "big.bin", fixture.url(copy));
      expect(fileHash(fixture.remote.atBytes(copy))).toBe(fixture.bigHash);
    },
  );

  test("lists names that are no UTF-8 byte by byte", async () => {
    for (const parameters of [["--list-only"], []]) {
      const { stdout } = await curl(...parameters, fixture.url("odd/"));
      for (const [label, name] of [...ODD_NAMES, ...RAW_NAMES]) {
        expect(stdout.includes(name), label).toBe(true);
      }
    }
  });

  test(`lists a folder of ${MANY_FILES} files`, async () => {
    for (const parameters of [["--list-only"], []]) {
      const { stdout } = await curl(...parameters, fixture.url("many/"));
      const lines = stdout.toString().trimEnd().split("\n");
      expect(lines.length).toBe(MANY_FILES);
      expect(new Set(lines.map((line) => line.split(" ").at(-1))).size)
        .toBe(MANY_FILES);
    }
  });

  test("uses one session for many files", async () => {
    const { text } = await curl(
      "-v",
      ...["text.txt", "sub/inner.txt", "big.bin", "text.txt"].flatMap((
        name,
      ) => [
        "-o",
        "/dev/null",
        fixture.url(name),
      ]),
    );
    expect(text.match(/> USER/g)?.length).toBe(1);
    expect(text.match(/< 226/g)?.length).toBe(4);
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    const wrong = await run(program, [
      "-sS",
      `ftp://user:wrong@${fixture.host}/`,
    ]);
    expect(wrong.code).toBe(67);
    const missing = await run(program, ["-sS", fixture.url("nope")]);
    expect(missing.code).toBe(78);
    const folder = await run(program, ["-sS", fixture.url("nope/")]);
    expect(folder.code).toBe(9);
  });

  test("interrupted in an upload, leaves an incomplete one", async () => {
    const before = (await fixture.server.events()).length;
    const stopped = run(program, [
      "-sS",
      "--limit-rate",
      "50k",
      "-T",
      fixture.local.at("big.bin"),
      fixture.url("stopped"),
    ], { timeoutMs: 600 });
    await stopped;
    await until(
      "an event",
      async () => (await fixture.server.events()).length > before,
    );
    expect(readFileSync(fixture.remote.at("stopped")).length)
      .toBeLessThan(fixture.big.length);
  });
});
