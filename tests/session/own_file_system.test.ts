import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { settle } from "../../adapters/memory.ts";
import { KEEPS_RAW_NAMES } from "../../adapters/_host_path.ts";
import { loadAdapter, runtimeName } from "../../adapters/_runtime.ts";
import { LocalFileSystem as NodeFileSystem } from "../../adapters/_local_file_system.ts";
import { LocalFileSystem as DenoFileSystem } from "../../adapters/deno.ts";
import { FilesystemError } from "../../lib/base/errors.ts";
import { fileSystemContract } from "../../lib/contract/mod.ts";
import { MemoryFileSystem } from "../../lib/fs/memory_file_system.ts";
import type {
  DirectoryEntry,
  FileHandle,
  ListOptions,
  OpenMode,
} from "../../lib/spi/file_system.ts";
import { TemporaryFolder } from "../support/files.ts";
import { FtpClient } from "../support/ftp_client.ts";
import { dialogue, loggedIn, passwords } from "./_dialogue.ts";

/** What the adapter of this runtime exports. */
const LocalFileSystem = runtimeName() === "deno"
  ? DenoFileSystem
  : NodeFileSystem;

/** Programs are neither seen nor stored, and names are shown in capitals. */
class NoPrograms extends LocalFileSystem {
  readonly asked: string[] = [];

  override async *list(
    path: string,
    options: ListOptions,
  ): AsyncIterable<readonly DirectoryEntry[]> {
    this.asked.push(path);
    for await (const batch of super.list(path, options)) {
      // Batches of any size will do, so entries can come one by one.
      for (const entry of batch) {
        if (!entry.name.endsWith(".exe")) yield [entry];
      }
    }
    yield [{ name: "made-up", stat: await super.stat("/") }];
  }

  override async open(path: string, mode: OpenMode): Promise<FileHandle> {
    if (!path.endsWith(".exe")) return await super.open(path, mode);
    throw new FilesystemError("No programs here");
  }

  override removeDirectory(): Promise<void> {
    return Promise.reject(new FilesystemError("Folders\r\n226 stay"));
  }
}

describe("a class of one's own on LocalFileSystem", () => {
  let folder: TemporaryFolder;
  beforeEach(() => folder = new TemporaryFolder());
  afterEach(() => folder.remove());

  test("decides what clients see and may do, by its own words", async () => {
    writeFileSync(folder.at("virus.exe"), "x");
    writeFileSync(folder.at("text"), "hello");
    mkdirSync(folder.at("d"));
    const fileSystem = new NoPrograms(folder.path);
    const { serve } = await loadAdapter();
    await using server = await serve({
      hostname: "127.0.0.1",
      port: 0,
      authorizer: passwords(fileSystem, { ann: "x" }),
    });
    const client = await FtpClient.login(server.address, "ann", "x");
    expect((await client.list("NLST")).sort()).toEqual([
      "d",
      "made-up",
      "text",
    ]);
    const listed = await client.list("MLSD");
    expect(listed.filter((line) => /virus/.test(line))).toEqual([]);
    expect(listed.length).toBe(3);
    expect(String(await client.retrieve("RETR text"))).toBe("hello");
    for (const command of ["RETR virus.exe", "STOR new.exe"]) {
      expect((await client.cmd(command)).lines).toEqual([
        "550 No programs here.",
      ]);
    }
    // No line of its own, whatever the text holds.
    expect((await client.cmd("RMD d")).lines).toEqual([
      "550 Folders??226 stay.",
    ]);
    await client.store("STOR new", "abc");
    expect(readFileSync(folder.at("new"), "utf8")).toBe("abc");
    expect(existsSync(folder.at("new.exe"))).toBe(false);
    expect(fileSystem.asked).toEqual(["/", "/"]);
    await client.quit();
  });

  test("that overrides nothing keeps the contract", async () => {
    class Mine extends LocalFileSystem {}
    let count = 0;
    for (
      const { name, run } of fileSystemContract(() => {
        const root = folder.at(String(count++));
        mkdirSync(root);
        return {
          fileSystem: new Mine(root),
          rawNames: KEEPS_RAW_NAMES,
          sparse: true,
        };
      })
    ) await run().catch((error) => expect.fail(`${name}: ${error}`));
    expect(count).toBeGreaterThan(80);
    expect(readdirSync(folder.path).length).toBe(count);
  }, 60_000);

  test("refuses what is no folder", () => {
    expect(() => new NoPrograms(folder.at("none"))).toThrow(
      /^Cannot share ".*none": no such directory$/,
    );
  });
});

describe("handles of a file system of one's own", () => {
  /** Keeps uploads apart until they are whole. */
  class Store extends MemoryFileSystem {
    readonly committed: Map<string, string> = new Map();
    readonly aborted: string[] = [];
    refusal: Error | null = null;
    readonly onWrite: (() => void)[] = [];

    override open(path: string, mode: OpenMode): Promise<FileHandle> {
      if (mode.access === "read") return super.open(path, mode);
      let text = "";
      return Promise.resolve({
        size: 0,
        read: () => Promise.resolve(0),
        write: (bytes) => {
          for (const act of this.onWrite) act();
          text += new TextDecoder().decode(bytes);
          return Promise.resolve();
        },
        close: () => {
          if (this.refusal !== null) return Promise.reject(this.refusal);
          this.committed.set(path, text);
          return Promise.resolve();
        },
        abort: () => {
          this.aborted.push(path);
          return Promise.resolve();
        },
      });
    }
  }

  async function stageOn(files: Store) {
    const stage = await loggedIn({
      authorizer: passwords(files, { anonymous: "" }),
    });
    await dialogue(stage.client, [["TYPE I", /^200 /]]);
    return stage;
  }

  test("commit by close(), before 226 is sent", async () => {
    const files = new Store();
    await using stage = await stageOn(files);
    expect(await stage.client.upload("STOR a", "hello")).toMatch(/^226 /);
    expect([...files.committed]).toEqual([["/a", "hello"]]);
    expect(files.aborted).toEqual([]);
  });

  test("abort by abort(), and are not closed then", async () => {
    const files = new Store();
    await using stage = await stageOn(files);
    const data = await stage.client.passive();
    await stage.client.send("STOR a\r\n");
    expect(await stage.client.reply()).toMatch(/^1\d0|^125/);
    await data.write(new TextEncoder().encode("half"));
    await settle();
    await stage.client.send("ABOR\r\n");
    expect(await stage.client.reply()).toMatch(/^426 /);
    expect(await stage.client.reply()).toMatch(/^226 /);
    expect(files.aborted).toEqual(["/a"]);
    expect(files.committed.size).toBe(0);
    data.close();
  });

  test("refuse at the end with a text for the client", async () => {
    const files = new Store();
    files.refusal = new FilesystemError("A virus was found");
    await using stage = await stageOn(files);
    expect(await stage.client.upload("STOR a", "x")).toMatch(
      /^\d{3} A virus was found; transfer aborted\.$/,
    );
    expect(files.committed.size).toBe(0);
  });

  test("refuse in the middle, and are aborted then", async () => {
    const files = new Store();
    files.onWrite.push(() => {
      throw new FilesystemError("Too much of it");
    });
    await using stage = await stageOn(files);
    expect(await stage.client.upload("STOR a", "x")).toMatch(
      /^\d{3} Too much of it; transfer aborted\.$/,
    );
    expect(files.aborted).toEqual(["/a"]);
  });
});
