import {
  Client,
  enterPassiveModeIPv4,
  enterPassiveModeIPv6,
  FTPError,
} from "basic-ftp";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClientFixture,
  MANY_FILES,
  ODD_NAMES,
} from "../support/client_fixture.ts";
import { exists, fileHash, until } from "../support/files.ts";

const MODES = [
  ["EPSV", enterPassiveModeIPv6],
  ["PASV", enterPassiveModeIPv4],
] as const;

describe("basic-ftp", () => {
  let fixture: ClientFixture;

  beforeAll(async () => {
    fixture = await ClientFixture.start();
  }, 30_000);

  afterAll(() => fixture?.close());

  async function connected(password = "pass"): Promise<Client> {
    const client = new Client(5000);
    await client.access({
      host: fixture.server.hostname,
      port: fixture.server.port,
      user: "user",
      password,
    });
    return client;
  }

  describe.each(MODES)("%s", (mode, prepare) => {
    async function inMode(): Promise<Client> {
      const client = await connected();
      client.prepareTransfer = prepare;
      return client;
    }

    test("lists by MLSD and by LIST", async () => {
      const client = await inMode();
      for (const commands of [["MLSD"], ["LIST -a"], ["LIST"]]) {
        client.availableListCommands = commands;
        const entries = await client.list();
        const big = entries.find(({ name }) => name === "big.bin");
        expect(big?.size).toBe(fixture.big.length);
        expect(big?.isFile).toBe(true);
        expect(entries.find(({ name }) => name === "sub")?.isDirectory)
          .toBe(true);
        expect(await client.list("empty")).toEqual([]);
      }
      client.close();
    });

    test("downloads, uploads, appends and resumes both ways", async () => {
      const client = await inMode();
      const down = fixture.local.at(`down-${mode}`);
      const up = fixture.remote.at(`up-${mode}`);
      await client.downloadTo(down, "big.bin");
      await client.uploadFrom(fixture.local.at("big.bin"), `up-${mode}`);
      expect(fileHash(down)).toBe(fixture.bigHash);
      expect(fileHash(up)).toBe(fixture.bigHash);

      writeFileSync(down, fixture.big.subarray(0, 54_321));
      await client.downloadTo(down, "big.bin", 54_321);
      expect(fileHash(down)).toBe(fixture.bigHash);

      writeFileSync(up, fixture.big.subarray(0, 12_345));
      await client.appendFrom(
        Readable.from([fixture.big.subarray(12_345)]),
        `up-${mode}`,
      );
      expect(fileHash(up)).toBe(fixture.bigHash);
      client.close();
    });

    test("renames, makes and removes folders, deletes", async () => {
      const client = await inMode();
      await client.ensureDir(`made-${mode}/deep/er`);
      await client.uploadFrom(Readable.from(["x"]), "a");
      await client.rename("a", "../b");
      expect(await client.size("../b")).toBe(1);
      expect((await client.lastMod("../b")).getTime())
        .toBeGreaterThan(Date.now() - 60_000);
      await client.cd("/");
      await client.remove(`made-${mode}/deep/b`);
      await client.removeDir(`made-${mode}`);
      expect(exists(fixture.remote.at(`made-${mode}`))).toBe(false);
      expect(await client.pwd()).toBe("/");
      client.close();
    });
  });

  test("moves a tree up and down, twice the same", async () => {
    const client = await connected();
    mkdirSync(fixture.local.at("tree/a/b"), { recursive: true });
    writeFileSync(fixture.local.at("tree/a/b/c"), "leaf");
    writeFileSync(fixture.local.at("tree/a/empty"), "");
    for (let round = 0; round < 2; round++) {
      await client.uploadFromDir(fixture.local.at("tree"), "/tree");
      await client.downloadToDir(fixture.local.at("back"), "/tree");
      expect(readFileSync(fixture.local.at("back/a/b/c"), "utf8")).toBe("leaf");
      expect(readFileSync(fixture.local.at("back/a/empty"), "utf8")).toBe("");
    }
    client.close();
  });

  test.each(ODD_NAMES)(
    "moves a name with %s both ways",
    async (label, name) => {
      const client = await connected();
      const pieces: Buffer[] = [];
      await client.downloadTo(
        new Writable({
          write(piece: Buffer, _, done): void {
            pieces.push(piece);
            done();
          },
        }),
        `odd/${name}`,
      );
      expect(Buffer.concat(pieces).toString()).toBe(label);
      await client.uploadFrom(Readable.from([label]), `odd/copy ${name}`);
      const copy = Buffer.concat([Buffer.from("odd/copy "), name]);
      expect(readFileSync(fixture.remote.atBytes(copy), "utf8")).toBe(label);
      const names = (await client.list("odd")).map((entry) => entry.name);
      expect(names).toContain(name.toString());
      client.close();
    },
  );

  test(`lists a folder of ${MANY_FILES} files`, async () => {
    const client = await connected();
    expect((await client.list("many")).length).toBe(MANY_FILES);
    client.close();
  });

  test("knows the features", async () => {
    const client = await connected();
    const features = await client.features();
    for (const name of ["MLST", "MFMT", "SIZE", "UTF8", "REST"]) {
      expect(features.has(name), name).toBe(true);
    }
    client.close();
  });

  test("closed in an upload, leaves no transfer running", async () => {
    const before = (await fixture.server.events()).length;
    const client = await connected();
    const slow = new Readable({ read(): void {} });
    slow.push("some");
    const upload = client.uploadFrom(slow, "stopped").catch(() => null);
    await until("the file", () => exists(fixture.remote.at("stopped")));
    client.close();
    await upload;
    slow.destroy();
    await until(
      "an event",
      async () => (await fixture.server.events()).length > before,
    );
    // It finishes both connections in form: which end is seen first decides
    // whether that was all of the file.
    expect((await fixture.server.events())[before]?.type)
      .toMatch(/^(incomplete-)?received$/);
  });

  test("takes wrong passwords and missing files for what they are", async () => {
    await expect(connected("wrong")).rejects.toMatchObject({ code: 530 });
    const client = await connected();
    const missing = client.downloadTo(fixture.local.at("nope"), "nope");
    await expect(missing).rejects.toBeInstanceOf(FTPError);
    await expect(client.cd("nope")).rejects.toMatchObject({ code: 550 });
    client.close();
  });
});
