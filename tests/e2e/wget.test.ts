import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClientFixture,
  MANY_FILES,
  ODD_NAMES,
  RAW_NAMES,
} from "../support/client_fixture.ts";
import { fileHash, sha256 } from "../support/files.ts";
import { type ProgramResult, requireProgram, run } from "../support/program.ts";

const MODES: readonly (readonly [string, readonly string[]])[] = [
  ["PASV", []],
  ["PORT", ["--no-passive-ftp"]],
];

describe("wget", () => {
  let program: string;
  let fixture: ClientFixture;

  beforeAll(async () => {
    program = requireProgram("wget", "wget");
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  /** Runs wget and checks that it was content. */
  async function wget(...parameters: string[]): Promise<ProgramResult> {
    const result = await run(program, [
      ...["--no-config", "--tries=1", "--timeout=10", "-d"],
      ...parameters,
    ], { cwd: fixture.local.path, env: { HOME: fixture.local.path } });
    expect(result.code, result.text).toBe(0);
    return result;
  }

  /** wget looks at folders of its own accord; this is the whole of one. */
  async function listing(url: string): Promise<string> {
    await wget("--no-remove-listing", "-O", "index", url);
    return readFileSync(fixture.local.at(".listing"), "utf8");
  }

  describe.each(MODES)("%s", (mode, options) => {
    test("really is what wget asks for", async () => {
      const { text } = await wget(
        ...options,
        ...["-O", "text", fixture.url("text.txt")],
      );
      expect(text).toContain(`--> ${mode}`);
      expect(readFileSync(fixture.local.at("text"), "utf8"))
        .toBe("one\ntwo\nthree\n");
    });

    test("downloads, whole and from where it was cut", async () => {
      const name = `down-${mode}`;
      await wget(...options, "-O", name, fixture.url("big.bin"));
      expect(fileHash(fixture.local.at(name))).toBe(fixture.bigHash);
      writeFileSync(fixture.local.at(name), fixture.big.subarray(0, 54_321));
      const resumed = await wget(
        ...[...options, "-c", "-O", name],
        fixture.url("big.bin"),
      );
      expect(resumed.text).toContain("REST 54321");
      expect(fileHash(fixture.local.at(name))).toBe(fixture.bigHash);
    });

    test("fetches a tree, links and patterns", async () => {
      await wget(
        ...[...options, "-r", "-nH", "-P", `tree-${mode}`],
        fixture.url("sub/"),
      );
      const inner = fixture.local.at(`tree-${mode}/sub/inner.txt`);
      expect(readFileSync(inner, "utf8")).toBe("inner");
      await wget(
        ...[...options, "-P", `pattern-${mode}`],
        `ftp://user:pass@${fixture.host}/*.txt`,
      );
      expect(readdirSync(fixture.local.at(`pattern-${mode}`)))
        .toEqual(["text.txt"]);
    });
  });

  test("fetches only what is newer, by the times that we tell", async () => {
    const first = await wget("-N", fixture.url("text.txt"));
    expect(first.text).toContain("--> RETR");
    const second = await wget("-N", fixture.url("text.txt"));
    expect(second.text).not.toContain("--> RETR");
  });

  test.each([...ODD_NAMES, ...RAW_NAMES])(
    "fetches a name with %s",
    async (label, name) => {
      const path = Buffer.concat([Buffer.from("odd/"), name]);
      await wget("-O", "odd", "--no-glob", fixture.url(path));
      expect(readFileSync(fixture.local.at("odd"), "utf8")).toBe(label);
    },
  );

  test("fetches all odd names as it finds them in LIST", async () => {
    await wget(
      ...["-r", "-nH", "--restrict-file-names=nocontrol", "-P", "all"],
      fixture.url("odd/"),
    );
    for (const [label, name] of [...ODD_NAMES, ...RAW_NAMES]) {
      // wget fetches it, and keeps it with %25 read as an escape.
      if (name.includes("%25")) continue;
      const path = Buffer.concat([Buffer.from("all/odd/"), name]);
      expect(readFileSync(fixture.local.atBytes(path), "utf8")).toBe(label);
    }
  });

  test(`reads a listing of ${MANY_FILES} files`, async () => {
    const lines = (await listing(fixture.url("many/"))).trimEnd().split("\n");
    expect(lines.length).toBe(MANY_FILES);
  });

  test("asks for a folder by name and gets its index", async () => {
    expect(await listing(fixture.url("sub/"))).toMatch(
      /^-rw.* inner\.txt\r?$/m,
    );
    expect(await listing(fixture.url("empty/"))).toBe("");
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    const wrong = await run(program, [
      ...["--tries=1", "-O", "-", `ftp://user:wrong@${fixture.host}/text.txt`],
    ]);
    expect(wrong.code).toBe(6);
    const missing = await run(program, [
      ...["--tries=1", "-O", "-", fixture.url("nope")],
    ]);
    expect(missing.code).toBe(8);
    expect(sha256(missing.stdout)).toBe(sha256(""));
  });
});
