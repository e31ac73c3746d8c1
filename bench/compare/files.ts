import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { freemem } from "node:os";
import { dirname, join } from "node:path";
import { LISTED_FILES } from "../peer/peer.ts";
import type { RunningPeer } from "../peer/runner.ts";
import { type Load, MEBIBYTE } from "./sample.ts";

/** Bytes of the small file. */
export const SMALL_BYTES: number = 1024;

/** Names of the files that every server has. */
export const BIG_NAME: string = "big";
export const SMALL_NAME: string = "small";
export const MANY_NAME: string = "many";

/** The name of the folder with many files. */
export const LIST_NAME: string = "list";

/** The name of what is uploaded. */
export const UPLOAD_NAME: string = "upload";

const PAGE_BYTES = 4096;
const PAGES_BETWEEN = 15;

/** Uploads need that of their own, and others need some meanwhile. */
const SCATTERED = 1.5;

function fill(path: string, bytes: number): void {
  const block = Buffer.alloc(MEBIBYTE, "x");
  const file = openSync(path, "w", 0o644);
  for (let left = bytes; left > 0; left -= block.length) {
    writeSync(file, block, 0, Math.min(left, block.length));
  }
  closeSync(file);
}

/**
 * Puts the same files, not copies, into every server's folder: each serves the
 * very same pages of memory.
 */
export function provide(peers: readonly RunningPeer[], load: Load): void {
  const first = peers[0];
  if (first === undefined) return;
  const store = join(commonFolder(first), "store");
  mkdirSync(store);
  const files: readonly (readonly [string, number])[] = [
    [BIG_NAME, load.bytes],
    [SMALL_NAME, SMALL_BYTES],
    [MANY_NAME, load.clientBytes],
  ];
  for (const [name, bytes] of files) {
    fill(join(store, name), bytes);
    for (const { folder } of peers) {
      linkSync(join(store, name), join(folder, name));
    }
  }
}

/** Puts a folder of many empty files into every server's folder. */
export function provideList(peers: readonly RunningPeer[]): void {
  for (const { folder } of peers) {
    const list = join(folder, LIST_NAME);
    mkdirSync(list);
    for (let i = 0; i < LISTED_FILES; i++) {
      const name = `file${String(i).padStart(7, "0")}.txt`;
      closeSync(openSync(join(list, name), "w", 0o644));
    }
  }
}

/**
 * Makes memory ready for uploads. Virtual machines hand free memory back to
 * their host, in pieces of some pages, and getting it again costs more than the
 * whole transfer, for whoever happens to be given such a page. So one page of
 * sixteen is kept, and the others are free in pieces too small to be handed
 * back.
 */
export function scatterMemory(
  peers: readonly RunningPeer[],
  load: Load,
): void {
  const first = peers[0];
  if (first === undefined) return;
  const largest = Math.max(load.bytes, load.clients * load.clientBytes);
  const bytes = Math.min(largest * SCATTERED, freemem() / 2);
  const folder = commonFolder(first);
  const kept = openSync(join(folder, "kept"), "w");
  const free = join(folder, "free");
  const others = openSync(free, "w");
  const page = Buffer.alloc(PAGE_BYTES, "x");
  const between = Buffer.alloc(PAGES_BETWEEN * PAGE_BYTES, "x");
  for (let left = bytes; left > 0; left -= between.length) {
    writeSync(kept, page);
    writeSync(others, between);
  }
  closeSync(kept);
  closeSync(others);
  rmSync(free);
}

/** Of all servers; it goes with them. */
function commonFolder(peer: RunningPeer): string {
  return dirname(dirname(peer.folder));
}
