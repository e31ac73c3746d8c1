import type { FileStat } from "../spi/file_system.ts";
import type { MemoryFolder, MemoryNode } from "./memory_node.ts";

/** What a listing says of a node. */
export function statOf(node: MemoryNode): FileStat {
  const links = node.kind === "directory" ? folderLinks(node) : 1;
  return {
    kind: node.kind,
    size: sizeOf(node),
    modified: node.modified,
    mode: node.mode,
    uid: 0,
    gid: 0,
    owner: "owner",
    group: "group",
    links,
    id: node.id.toString(16),
  };
}

function sizeOf(node: MemoryNode): number {
  if (node.kind === "file") return node.content.size;
  return node.kind === "link" ? node.target.length : 0;
}

/** As on Unix: the name, `.`, and `..` in every folder inside. */
function folderLinks(folder: MemoryFolder): number {
  let links = 2;
  for (const child of folder.children.values()) {
    if (child.kind === "directory") links++;
  }
  return links;
}
