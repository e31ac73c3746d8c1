import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";

/** A folder to share and one beside it that nobody must reach. */
export class JailFolders {
  readonly base: string;
  readonly root: string;
  readonly outside: string;

  constructor() {
    this.base = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-jail-`));
    this.root = `${this.base}/root`;
    this.outside = `${this.base}/outside`;
    mkdirSync(this.root);
    mkdirSync(this.outside);
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

/** Everything about a tree that must not change. */
export function snapshot(folder: string): readonly string[] {
  return readdirSync(folder).sort().flatMap((name) => {
    const path = `${folder}/${name}`;
    const { mode, mtimeMs, ino, size } = lstatSync(path);
    const facts = [path, mode, mtimeMs, ino, size].join(" ");
    if (lstatSync(path).isDirectory()) return [facts, ...snapshot(path)];
    if (lstatSync(path).isSymbolicLink()) return [facts, readlinkSync(path)];
    return [facts, readFileSync(path, "utf8")];
  });
}

/** Fills a folder with the same names as its twin and other contents. */
export function furnish(folder: string, content: string, pieces: number): void {
  mkdirSync(folder, { recursive: true });
  mkdirSync(`${folder}/sub`);
  writeFileSync(`${folder}/file`, content);
  writeFileSync(`${folder}/sub/file`, content);
  writeFileSync(`${folder}/marker-${content}`, content);
  for (let piece = 0; piece < pieces; piece++) {
    writeFileSync(`${folder}/victim-${piece}`, content);
    writeFileSync(`${folder}/moving-${piece}`, content);
    mkdirSync(`${folder}/empty-${piece}`);
  }
}
