import type { FileErrorCode } from "../base/errors.ts";
import { failure, SEARCH } from "./memory_checks.ts";
import type { MemoryFolder, MemoryNode } from "./memory_node.ts";

/** As many links as Linux follows before it says ELOOP. */
const MAX_LINKS = 40;

/** Where a path ends. */
export interface MemorySpot {
  /** The folder that holds it; `null` for the root. */
  readonly folder: MemoryFolder | null;
  readonly name: string;
  /** `null`: nothing has that name yet. */
  readonly node: MemoryNode | null;
  /** The same place with every link on the way resolved. */
  readonly path: string;
}

/** How `walk` goes. */
export interface WalkOptions {
  /** Whether a link at the end is followed. */
  readonly follow: boolean;
  /** Whether parts that do not exist are kept instead of refused. */
  readonly keepTail?: boolean;
}

/**
 * Follows a path from the root of a tree.
 *
 * @throws {FileError} `not-found`, `not-a-directory`, `permission-denied`,
 * `too-many-links`, and `outside-root` for a link that climbs above the root
 */
export function walk(
  root: MemoryFolder,
  path: string,
  options: WalkOptions,
): MemorySpot {
  const ahead = partsOf(path).reverse();
  let trail: Step[] = [];
  let links = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === ".") continue;
    if (part === "..") {
      if (trail.pop() === undefined) throw failure("outside-root", path);
      continue;
    }
    const here = trail.at(-1)?.node ?? root;
    const problem = obstacle(here);
    if (problem !== null && !options.keepTail) throw failure(problem, path);
    const node = here.kind === "directory" ? here.children.get(part) : null;
    const last = ahead.length === 0;
    if (node?.kind === "link" && (options.follow || !last)) {
      if (++links > MAX_LINKS) throw failure("too-many-links", path);
      ahead.push(...partsOf(node.target).reverse());
      if (node.target.startsWith("/")) trail = [];
    } else if (node === undefined && !last && !options.keepTail) {
      throw failure("not-found", path);
    } else {
      trail.push({ name: part, node: node ?? MISSING });
    }
  }
  return spot(root, trail);
}

interface Step {
  readonly name: string;
  readonly node: MemoryNode;
}

/** Stands for what does not exist, on the way of a kept tail. */
const MISSING: MemoryNode = { kind: "other", id: -1, mode: 0, modified: NaN };

function spot(root: MemoryFolder, trail: readonly Step[]): MemorySpot {
  const last = trail.at(-1);
  if (last === undefined) {
    return { folder: null, name: "", node: root, path: "/" };
  }
  const folder = trail.at(-2)?.node ?? root;
  return {
    folder: folder.kind === "directory" ? folder : null,
    name: last.name,
    node: last.node === MISSING ? null : last.node,
    path: `/${trail.map((step) => step.name).join("/")}`,
  };
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function obstacle(node: MemoryNode): FileErrorCode | null {
  if (node === MISSING) return "not-found";
  if (node.kind !== "directory") return "not-a-directory";
  return (node.mode & SEARCH) === 0 ? "permission-denied" : null;
}
