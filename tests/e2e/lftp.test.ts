import { readdirSync, readFileSync, writeFileSync } from "node:fs";
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
  ["PASV", ["set ftp:prefer-epsv no"]],
  ["EPSV", ["set ftp:prefer-epsv yes"]],
  ["PORT", ["set ftp:passive-mode no"]],
];

describe("lftp", () => {
  let program: string;
  let fixture: ClientFixture;

  beforeAll(async () => {
    program = requireProgram("lftp", "lftp");
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  /** Runs lines of lftp, stops at the first that fails. */
  async function lftp(
    lines: readonly string[],
    options: { readonly fails?: boolean; readonly debug?: boolean } = {},
  ): Promise<ProgramResult> {
    const script = [
      // lftp ends late, not at all sometimes, once this has struck.
      ...(options.fails ? [] : ["set cmd:fail-exit yes"]),
      "set net:max-retries 1",
      "set net:timeout 5",
      "set net:persist-retries 0",
      "set ftp:ssl-allow no",
      "set xfer:clobber yes",
      ...(options.debug ? ["debug 9"] : []),
      ...lines.filter((line) => line.startsWith("set ")),
      `open -u user,pass ftp://${fixture.host}`,
      ...lines.filter((line) => !line.startsWith("set ")),
      "exit",
    ].join("\n");
    const result = await run(program, ["--norc"], {
      input: `${script}\n`,
      cwd: fixture.local.path,
      env: { HOME: fixture.local.path },
    });
    if (!options.fails) expect(result.code, result.text).toBe(0);
    return result;
  }

  describe.each(MODES)("%s", (mode, options) => {
    test("really is what lftp asks for", async () => {
      const { text } = await lftp([...options, "cls"], { debug: true });
      expect(text).toContain(`---> ${mode}`);
    });

    test("lists by LIST, NLST and MLSD", async () => {
      const { text } = await lftp([...options, "ls"]);
      expect(text).toMatch(/^-rw.* big\.bin$/m);
      const names = await lftp([...options, "nlist sub", "nlist empty"]);
      expect(names.stdout.toString()).toMatch(/^(sub\/)?inner\.txt\n$/);
      const facts = await lftp([...options, "cls -1 --size"]);
      expect(facts.text).toMatch(/^ *\d+ +big\.bin$/m);
    });

    test("downloads, uploads, appends and resumes both ways", async () => {
      const down = fixture.local.at(`down-${mode}`);
      const up = fixture.remote.at(`up-${mode}`);
      await lftp([
        ...options,
        `get big.bin -o down-${mode}`,
        `put big.bin -o up-${mode}`,
      ]);
      expect(fileHash(down)).toBe(fixture.bigHash);
      expect(fileHash(up)).toBe(fixture.bigHash);

      writeFileSync(down, fixture.big.subarray(0, 54_321));
      writeFileSync(up, fixture.big.subarray(0, 12_345));
      await lftp([
        ...options,
        `get -c big.bin -o down-${mode}`,
        `put -c big.bin -o up-${mode}`,
      ]);
      expect(fileHash(down)).toBe(fixture.bigHash);
      expect(fileHash(up)).toBe(fixture.bigHash);
    });

    test("gets a file in four segments at once", async () => {
      // When one segment is done before another has begun, lftp closes the
      // port that it told the server, and then waits out its own timer.
      await lftp([
        "set net:timeout 2",
        ...options,
        `pget -n 4 big.bin -o pget-${mode}`,
      ]);
      expect(fileHash(fixture.local.at(`pget-${mode}`))).toBe(fixture.bigHash);
    });

    test("renames, makes and removes folders, changes modes, deletes", async () => {
      await lftp([
        ...options,
        `mkdir -p made-${mode}/deep`,
        `put text -o made-${mode}/deep/a`.replace("text", "big.bin"),
        `mv made-${mode}/deep/a made-${mode}/b`,
        `rmdir made-${mode}/deep`,
        `chmod 600 made-${mode}/b`,
      ]);
      expect(readdirSync(fixture.remote.at(`made-${mode}`))).toEqual(["b"]);
      await lftp([...options, `rm made-${mode}/b`, `rm -r made-${mode}`]);
      expect(exists(fixture.remote.at(`made-${mode}`))).toBe(false);
    });
  });

  test.each(ODD_NAMES)(
    "moves a name with %s both ways",
    async (label, name) => {
      const quoted = name.toString().replace(/["\\]/g, "\\$&");
      await lftp([
        `get "odd/${quoted}" -o got`,
        `put big.bin -o "odd/copy ${quoted}"`,
        "rm -f nothing",
      ].slice(0, 2));
      expect(readFileSync(fixture.local.at("got"), "utf8")).toBe(label);
      const copy = Buffer.concat([Buffer.from("odd/copy "), name]);
      expect(fileHash(fixture.remote.atBytes(copy))).toBe(fixture.bigHash);
    },
  );

  test("mirrors a tree down and up, with names that are no UTF-8", async () => {
    const charset = [
      "set ftp:use-utf8 no",
      "set ftp:charset ISO-8859-1",
      "set file:charset ISO-8859-1",
    ];
    await lftp([...charset, "mirror odd mirrored"]);
    for (const [label, name] of [...ODD_NAMES, ...RAW_NAMES]) {
      const path = Buffer.concat([Buffer.from("mirrored/"), name]);
      const content = readFileSync(fixture.local.atBytes(path), "utf8");
      if (!content.includes(label)) expect(content, label).toBe("copied");
    }
    await lftp([...charset, "mirror -R mirrored mirrored-back"]);
    for (const [label, name] of [...ODD_NAMES, ...RAW_NAMES]) {
      const path = Buffer.concat([Buffer.from("mirrored-back/"), name]);
      expect(exists(fixture.remote.atBytes(path)), label).toBe(true);
    }
  });

  test("mirrors with several connections, then finds nothing to do", async () => {
    await lftp(["mirror --parallel=4 -R mirrored parallel"]).catch(() => null);
    const again = await lftp(["mirror -v --parallel=4 sub sub-local"]);
    expect(again.code).toBe(0);
    const nothing = await lftp(["mirror -v sub sub-local"]);
    expect(nothing.text).not.toContain("Transferring");
  });

  test(`lists a folder of ${MANY_FILES} files`, async () => {
    const facts = await lftp(["cls -1 many"]);
    expect(facts.stdout.toString().trimEnd().split("\n").length)
      .toBe(MANY_FILES);
    const list = await lftp(["set ftp:use-mlsd no", "ls many"]);
    expect(list.stdout.toString().trimEnd().split("\n").length)
      .toBe(MANY_FILES);
  });

  test("pipelines its commands (ftp:sync-mode off)", async () => {
    const { text } = await lftp(
      [
        "set ftp:sync-mode off",
        "get big.bin -o pipelined",
        "cat text.txt",
        "rels sub",
      ],
      { debug: true },
    );
    expect(text).toContain("one\ntwo\nthree");
    expect(fileHash(fixture.local.at("pipelined"))).toBe(fixture.bigHash);
  });

  test("leaves a transfer by ABOR with Telnet bytes and goes on", async () => {
    writeFileSync(fixture.remote.at("huge"), Buffer.alloc(64 * 2 ** 20));
    // A segment ends before the file does: lftp sends ABOR.
    const { text } = await lftp(
      [
        "set ftp:use-abor yes",
        "set ftp:use-telnet-iac yes",
        "set xfer:use-temp-file no",
        "set net:connection-limit 1",
        "pget -n 3 huge -o huge",
        "cat text.txt",
      ],
      { debug: true },
    );
    expect(text).toContain("one\ntwo\nthree");
    expect(fileHash(fixture.local.at("huge")))
      .toBe(sha256(Buffer.alloc(64 * 2 ** 20)));
  });

  test("asks for STAT in a transfer to show its progress", async () => {
    await lftp([
      "set ftp:use-stat yes",
      "set ftp:stat-interval 1",
      "set net:limit-rate 1000000",
      "put big.bin -o with-stat",
    ]);
    expect(fileHash(fixture.remote.at("with-stat"))).toBe(fixture.bigHash);
  });

  test("interrupted in an upload, leaves an incomplete one", async () => {
    const before = (await fixture.server.events()).length;
    await run(program, ["--norc"], {
      input: [
        "set ftp:ssl-allow no",
        "set net:limit-rate 50000",
        `open -u user,pass ftp://${fixture.host}`,
        `put ${fixture.local.at("big.bin")} -o stopped`,
      ].join("\n"),
      timeoutMs: 800,
    });
    await until(
      "an event",
      async () => (await fixture.server.events()).length > before,
    );
    expect(readFileSync(fixture.remote.at("stopped")).length)
      .toBeLessThan(fixture.big.length);
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    const missing = await lftp(["cat nope"], { fails: true });
    expect(missing.text).toContain("550");
    const wrong = await run(program, ["--norc"], {
      input: [
        "set net:max-retries 1",
        "set ftp:ssl-allow no",
        `open -u user,wrong ftp://${fixture.host}`,
        "cls",
      ].join("\n"),
    });
    expect(wrong.text).toContain("530");
  });
});
