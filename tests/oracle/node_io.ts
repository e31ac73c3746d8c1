import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { DataChannel } from "../support/data_channel.ts";
import { within } from "../support/files.ts";
import { type ClientTarget, FtpClient } from "../support/ftp_client.ts";
import { ReplyError } from "../support/reply_error.ts";
import type { DialogueDataMode } from "./dialogue.ts";
import { FIXTURE, fixtureDefaults } from "./fixture.ts";
import type { DialogueControl, DialogueData, DialogueIo } from "./runner.ts";

/** Longest wait for one reply or one data connection. */
const REPLY_MS = 4000;

/** Makes the fixture in `<base>/root`, and what lies outside beside it. */
export function makeFixture(base: string): string {
  const root = join(base, "root");
  const outside = join(base, "outside");
  for (const folder of [root, outside]) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
  writeFileSync(join(outside, "secret.txt"), "secret");
  for (const entry of FIXTURE) {
    const path = join(root, entry.path);
    if (entry.kind === "file") writeFileSync(path, entry.content, "latin1");
    else if (entry.kind === "directory") mkdirSync(path);
    else symlinkSync(entry.target.replace("OUTSIDE", outside), path);
  }
  for (const entry of FIXTURE.toReversed()) {
    const path = join(root, entry.path);
    const { mode, modified } = fixtureDefaults(entry);
    if (entry.kind !== "link") chmodSync(path, mode);
    lutimesSync(path, modified, modified);
  }
  return root;
}

/** Plays a dialogue over sockets, on a folder made by {@linkcode makeFixture}. */
export class NodeDialogueIo implements DialogueIo {
  readonly #target: ClientTarget;
  readonly #base: string;

  constructor(target: ClientTarget, base: string) {
    this.#target = target;
    this.#base = base;
  }

  reset(): Promise<void> {
    makeFixture(this.#base);
    return Promise.resolve();
  }

  async openControl(): Promise<DialogueControl> {
    return new NodeControl(
      await FtpClient.connect({ ...this.#target, lenient: true }),
    );
  }
}

class NodeControl implements DialogueControl {
  readonly #client: FtpClient;

  constructor(client: FtpClient) {
    this.#client = client;
  }

  async write(bytes: Uint8Array): Promise<void> {
    // A session that the server ended is told by the missing reply.
    await this.#client.write(bytes).catch(() => undefined);
  }

  async reply(): Promise<string | null> {
    const reply = this.#client.reply().then(
      (reply) => reply.raw,
      (error) =>
        /closed|reset/.test(String(error)) ? null : Promise.reject(error),
    );
    return await within("a reply", reply, REPLY_MS);
  }

  async openData(
    mode: DialogueDataMode,
  ): Promise<{ reply: string | null; data: DialogueData | null }> {
    const before = this.#client.lastReply;
    try {
      const channel = await within(
        "a data connection",
        this.#client.openData(mode),
        REPLY_MS,
      );
      const reply = this.#client.lastReply;
      return {
        reply: reply === before ? null : reply!.raw,
        data: new NodeData(channel),
      };
    } catch (error) {
      if (error instanceof ReplyError) {
        return { reply: error.reply.raw, data: null };
      }
      throw error;
    }
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }
}

class NodeData implements DialogueData {
  readonly #channel: DataChannel;

  constructor(channel: DataChannel) {
    this.#channel = channel;
  }

  async readAll(): Promise<Uint8Array | null> {
    const end = await within("data", this.#channel.ended, REPLY_MS);
    return end === "reset" ? null : await this.#channel.readAll();
  }

  end(bytes: Uint8Array): Promise<void> {
    return within("sending data", this.#channel.end(bytes), REPLY_MS);
  }

  reset(): Promise<void> {
    return this.#channel.reset();
  }

  destroy(): void {
    this.#channel.destroy();
  }
}
