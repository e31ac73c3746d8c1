import { checkPath, splitPath } from "./check_path.ts";
import { allow, failure, regular, WRITE } from "./memory_checks.ts";
import {
  MemoryContent,
  type MemoryFile,
  type MemoryFolder,
  type MemoryNode,
  MemorySpace,
} from "./memory_node.ts";
import { type MemorySpot, walk } from "./memory_walk.ts";

/** The nodes of a `MemoryFileSystem`, and how they come and go. */
export class MemoryTree {
  readonly root: MemoryFolder;
  readonly now: () => number;
  readonly #space: MemorySpace;
  #nextId = 1;

  constructor(capacity: number, now: () => number) {
    this.now = now;
    this.#space = new MemorySpace(capacity);
    this.root = this.newFolder();
  }

  /** Bytes that may still be written. */
  get free(): number {
    return this.#space.free;
  }

  /** Makes a folder and those above it; existing ones are kept. */
  makeFolders(path: string): void {
    let folder = "";
    for (const part of path.split("/").slice(1)) {
      if (part === "") continue;
      folder += `/${part}`;
      const spot = this.spot(folder, true);
      if (spot.node === null) this.put(spot, this.newFolder(), folder);
    }
  }

  /** Puts a node where nothing is, making the folders that lead to it. */
  seed(path: string, node: MemoryNode): void {
    this.makeFolders(splitPath(path)[0]);
    const spot = this.spot(path, false);
    if (spot.node !== null) throw failure("exists", path);
    this.put(spot, node, path);
  }

  /** Where a path ends; the last part need not exist. */
  spot(path: string, follow: boolean): MemorySpot {
    checkPath(path);
    return walk(this.root, path, { follow });
  }

  /** Where a path ends, when something is there. */
  existing(path: string, follow: boolean): MemorySpot & { node: MemoryNode } {
    const { node, ...spot } = this.spot(path, follow);
    if (node === null) throw failure("not-found", path);
    return { ...spot, node };
  }

  /** The file at a path, when the permission bits let it be opened. */
  existingFile(path: string, permission: number): MemoryFile {
    const { node } = this.existing(path, true);
    return regular(node, permission, path);
  }

  /** The file at a path for writing, made as `create` says. */
  fileToWrite(
    path: string,
    create: "always" | "new" | "never",
  ): MemoryFile {
    if (create === "never") return this.existingFile(path, WRITE);
    const spot = this.spot(path, create === "always");
    if (spot.node === null) {
      const content = new MemoryContent(this.#space);
      const file: MemoryFile = { ...this.facts(0o644), kind: "file", content };
      this.put(spot, file, path);
      return file;
    }
    if (create === "new") throw failure("exists", path);
    return regular(spot.node, WRITE, path);
  }

  /** Gives a node its name, in place of what had it. */
  put(spot: MemorySpot, node: MemoryNode, path: string): void {
    if (spot.folder === null) throw failure("exists", path);
    allow(spot.folder, WRITE, path);
    spot.folder.children.set(spot.name, node);
    spot.folder.modified = this.now();
  }

  /** Takes the name away. */
  take(spot: MemorySpot, path: string): void {
    if (spot.folder === null) throw failure("not-permitted", path);
    allow(spot.folder, WRITE, path);
    spot.folder.children.delete(spot.name);
    spot.folder.modified = this.now();
  }

  /** An empty folder without a name yet. */
  newFolder(): MemoryFolder {
    return { ...this.facts(0o755), kind: "directory", children: new Map() };
  }

  /** What every new node has. */
  facts(mode: number): { id: number; mode: number; modified: number } {
    return { id: this.#nextId++, mode, modified: this.now() };
  }
}
