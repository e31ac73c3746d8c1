/** One entry of the folder that every session of the dialogue starts with. */
export type FixtureEntry =
  & {
    readonly path: string;
    readonly mode?: number;
    /** Seconds since 1970; long past, so that masks can tell them from now. */
    readonly modified?: number;
  }
  & (
    | { readonly kind: "file"; readonly content: string }
    | { readonly kind: "directory" }
    | { readonly kind: "link"; readonly target: string }
  );

const OLD = Date.UTC(2001, 1, 3, 4, 5, 6) / 1000;

/**
 * The folder. Contents are Latin-1 texts: a character is a byte. `OUTSIDE` in
 * a link's target stands for a folder next to the root.
 */
export const FIXTURE: readonly FixtureEntry[] = [
  { path: "hello.txt", kind: "file", content: "hello world\n" },
  { path: "empty", kind: "file", content: "" },
  { path: "digits", kind: "file", content: "0123456789" },
  { path: "lines.txt", kind: "file", content: "one\ntwo\r\nthree\rfour" },
  {
    path: "all-bytes",
    kind: "file",
    content: Array.from({ length: 256 }, (_, n) => String.fromCharCode(n))
      .join(""),
  },
  { path: "with space", kind: "file", content: "spaced" },
  { path: ' "quoted" ', kind: "file", content: "quoted" },
  { path: "gr\u00fc\u00df.txt", kind: "file", content: "utf-8" },
  { path: "-la", kind: "file", content: "dash" },
  { path: "private", kind: "file", content: "p", mode: 0o600 },
  { path: "sub", kind: "directory" },
  { path: "sub/inner.txt", kind: "file", content: "inner\n" },
  { path: "sub/deep", kind: "directory" },
  { path: 'sub/a "b" c', kind: "directory" },
  { path: "empty-folder", kind: "directory" },
  { path: "file-link", kind: "link", target: "hello.txt" },
  { path: "folder-link", kind: "link", target: "sub" },
  { path: "broken-link", kind: "link", target: "nowhere" },
  { path: "outside-link", kind: "link", target: "OUTSIDE" },
  { path: "outside-file", kind: "link", target: "OUTSIDE/secret.txt" },
];

/** Modes and times that an entry has unless it says otherwise. */
export function fixtureDefaults(
  entry: FixtureEntry,
): { readonly mode: number; readonly modified: number } {
  return {
    mode: entry.mode ?? (entry.kind === "directory" ? 0o755 : 0o644),
    modified: entry.modified ?? OLD,
  };
}
