import { execFileSync } from "node:child_process";
import {
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, test } from "vitest";
import { LocalFileHandle } from "../../adapters/_local_file_handle.ts";
import { FileError } from "../../lib/base/errors.ts";
import { denoFileCalls } from "../../adapters/_deno_file_calls.ts";
import { nodeFileCalls, withFileCalls } from "../../adapters/_file_calls.ts";
import { identityCalls } from "../../adapters/_identity_calls.ts";
import { LocalFileSystem } from "../../adapters/_local_file_system.ts";
import {
  prepareIdentity,
  UnixIdentities,
} from "../../adapters/_unix_identity.ts";
import { KEEPS_RAW_NAMES } from "../../adapters/_host_path.ts";
import {
  localFileSystem,
  type LocalFileSystemOptions,
} from "../../adapters/_local_files.ts";
import { QuotaBook } from "../../lib/fs/quota_book.ts";
import { atomicUploads } from "../../lib/fs/atomic_uploads.ts";
import { subtree } from "../../lib/fs/subtree.ts";
import { adapterFileSystem, ON_DENO } from "./_adapter_file_system.ts";
import {
  entries,
  expectCode,
  type FullFixture,
  put,
  READ,
} from "./_file_system_fixture.ts";
import { describeFileSystem } from "./file_system.ts";

describeFileSystem("local", () => fixture({}));
describeFileSystem("local, pooled", () => fixture({ blocking: false }));
describeFileSystem(
  "local, without descriptors",
  () => fixture({ descriptors: false }),
);
if (ON_DENO) {
  describeFileSystem("Deno's local", () => fixture({}, adapterFileSystem));
  describeFileSystem(
    "Deno's local, pooled",
    () => fixture({ blocking: false }, adapterFileSystem),
  );
  describeFileSystem(
    "Deno's local, without descriptors",
    () => fixture({ descriptors: false }, adapterFileSystem),
  );
}
const identities = UnixIdentities.open();
if (identities?.isSuperuser) {
  // Root's own rights, as tests make and look at files behind its back.
  const root = prepareIdentity({ uid: 0, gid: 0, groups: [] });
  const base = ON_DENO ? denoFileCalls() : nodeFileCalls;
  const calls = identityCalls(
    base.blocking,
    (act) => identities.as(root, act),
  );
  const open = (folder: string, options?: LocalFileSystemOptions) =>
    new LocalFileSystem(folder, withFileCalls({ ...options }, calls));
  describeFileSystem("local of a user", () => fixture({}, open));
  describeFileSystem(
    "local of a user, pooled",
    () => fixture({ blocking: false }, open),
  );
}
describeFileSystem(
  "local with a quota",
  () =>
    fixture({}, (root, options) =>
      new QuotaBook().keep(
        { fileSystem: localFileSystem(root, options), root },
        () => ({ bytes: 2 ** 50, files: 1e9 }),
      )),
);
describeFileSystem("local with atomic uploads", () => {
  const made = fixture({});
  return { ...made, fileSystem: atomicUploads(made.fileSystem) };
});

describeFileSystem("subtree of a local", () => {
  const whole = fixture({});
  mkdirSync(whole.inside("/home"));
  const inside = (path: string): string => whole.inside(`/home${path}`);
  return {
    ...whole,
    fileSystem: subtree(whole.fileSystem, "/home"),
    makeLink: (path, target) => symlinkSync(target, inside(path)),
    makeSpecial: (path) => makePipe(inside(path)),
    inside,
    outside: [...whole.outside, "..", "../other"],
  };
});

function fixture(
  options: LocalFileSystemOptions,
  open: typeof localFileSystem = localFileSystem,
): FullFixture {
  const base = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-`));
  const root = `${base}/root`;
  mkdirSync(root);
  mkdirSync(`${base}/root-not`);
  mkdirSync(`${base}/other/x/y`, { recursive: true });
  writeFileSync(`${base}/secret`, "secret");
  return {
    fileSystem: open(root, options),
    makeLink: (path, target) => symlinkSync(target, root + path),
    makeSpecial: (path) => makePipe(root + path),
    outside: [
      base,
      "../..",
      `${base}/other`,
      `${base}/root-not`,
      `${base}/secret`,
      `${base}/missing`,
      `${base}/missing/deep`,
      "../../../../../../../../../../etc",
      "/",
      "/dev/zero",
      "/proc/self/root",
      "/proc/self/fd/0",
    ],
    inside: (path) => root + path,
    rawNames: KEEPS_RAW_NAMES,
    obeysModes: process.getuid?.() !== 0,
    sparse: true,
    dispose: () => rmSync(base, { recursive: true, force: true }),
  };
}

function makePipe(path: string): void {
  execFileSync("mkfifo", [path]);
}

const implementations: [string, typeof localFileSystem][] = [
  ["node:fs", localFileSystem],
];
if (ON_DENO) implementations.push(["Deno", adapterFileSystem]);

describe.each(implementations)(
  "localFileSystem by the calls of %s",
  (_name, open) => {
    test("refuses to share what is no folder", () => {
      expect(() => open("/nope/nope")).toThrow(
        'Cannot share "/nope/nope": no such directory',
      );
      expect(() => open("/etc/passwd")).toThrow(
        'Cannot share "/etc/passwd": not a directory',
      );
      expect(() => open("/etc/passwd/x")).toThrow(
        'Cannot share "/etc/passwd/x": not a directory',
      );
    });

    test("follows the links of its root once, when it is made", async () => {
      const { fileSystem, inside, dispose } = fixture({}, open);
      await put(fileSystem, "/f", "abc");
      symlinkSync(inside("/"), inside("/../link"));
      const linked = open(inside("/../link"));
      rmSync(inside("/../link"));
      expect((await linked.stat("/f")).size).toBe(3);
      expect(linked.locate!("/f")).toBe(inside("/f"));
      dispose();
    });

    test("shares the whole disk when it is told to", async () => {
      const files = open("/");
      const names = (await entries(files, "/")).map(({ name }) => name);
      expect(names).toContain("tmp");
      expect(await files.resolve!("/tmp")).toBe(realpathSync("/tmp"));
      expect(files.locate!("/tmp/x")).toBe("/tmp/x");
      await expectCode(files.removeDirectory("/"), "not-permitted");
      await expectCode(files.open("/dev/zero", READ), "not-a-file");
      const { base, dispose } = temporary();
      await put(files, `${base}/f`, "abc");
      expect((await files.stat(`${base}/f`)).size).toBe(3);
      dispose();
    });

    test("names the real path in messages only", async () => {
      const { fileSystem, inside, dispose } = fixture({}, open);
      await expect(fileSystem.open("/no/f", READ)).rejects.toMatchObject({
        message: `Cannot open "${inside("/no/f")}": no such file or directory`,
        reply: null,
      });
      dispose();
    });

    test("names owners as the system does", async () => {
      const { fileSystem, dispose } = fixture({}, open);
      await put(fileSystem, "/f");
      const stat = await fileSystem.stat("/f");
      const name = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
      expect(stat).toMatchObject({ uid: process.getuid?.(), owner: name });
      dispose();
    });

    test("leaves no descriptor open", async () => {
      const { fileSystem, makeLink, dispose } = fixture({}, open);
      const round = async (): Promise<void> => {
        for (const path of ["/", "/d", "/f", "/no", "/out", "/out/x", "/p"]) {
          await Promise.allSettled([
            fileSystem.stat(path),
            fileSystem.stat(path, { followLinks: false }),
            entries(fileSystem, path),
            entries(fileSystem, path, { stat: "target" }),
            fileSystem.open(path, READ).then((file) => file.close()),
            put(fileSystem, `${path}/new`),
            fileSystem.makeDirectory(`${path}/made`),
            fileSystem.removeDirectory(`${path}/made`),
            fileSystem.rename(`${path}/new`, `${path}/newer`),
            fileSystem.remove(`${path}/newer`),
            fileSystem.enter!(path),
            fileSystem.resolve!(path),
            fileSystem.setMode!(path, 0o755),
            fileSystem.setModified!(path, 0),
            fileSystem.freeSpace!(path),
          ]);
        }
      };
      await fileSystem.makeDirectory("/d");
      await put(fileSystem, "/f");
      makeLink("/out", "/etc");
      makeLink("/p", "/dev/zero");
      await round();
      const before = readdirSync("/proc/self/fd").length;
      for (let count = 0; count < 20; count++) await round();
      expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 10);
      dispose();
    });
  },
);

function temporary(): { readonly base: string; dispose(): void } {
  const base = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-`));
  return {
    base,
    dispose: () => rmSync(base, { recursive: true, force: true }),
  };
}

test.skipIf(process.platform === "win32")(
  "the root of the system is a tree without a jail, as paths have it",
  async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "anyftpd-root-")));
    try {
      mkdirSync(`${folder}/a`);
      symlinkSync("/", `${folder}/a/top`);
      const whole = localFileSystem("/");
      await put(whole, `${folder}/a/b.txt`, "b");
      expect(readdirSync(`${folder}/a`)).toContain("b.txt");
      expect(whole.locate?.(folder)).toBe(folder);
      expect(await whole.resolve?.(`${folder}/a/top${folder}/a`)).toBe(
        `${folder}/a`,
      );
      const { id } = await whole.stat(`${folder}/a/top/`.slice(0, -1));
      expect(id).toBe((await whole.stat("/")).id);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
test("a local file writes small pieces at once, until it is closed", async () => {
  const root = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-now-`));
  try {
    const create = {
      access: "write",
      create: "always",
      truncate: true,
    } as const;
    const local = adapterFileSystem(root);
    for (const files of [local, atomicUploads(local)]) {
      const file = await files.open("/f", create);
      expect(file.writeNow!(new Uint8Array([1, 2]), 1)).toBe(true);
      expect(file.writeNow!(new Uint8Array(2 ** 20), 0)).toBe(false);
      await file.write(new Uint8Array([3]), 3);
      await file.close();
      expect(file.writeNow!(new Uint8Array([9]), 0)).toBe(false);
      expect([...readFileSync(`${root}/f`)]).toEqual([0, 1, 2, 3]);
    }
    // Twice would be once too often.
    const log = await local.open("/f", { access: "append" });
    expect(log.writeNow!(new Uint8Array([9]), 0)).toBe(false);
    await log.close();
    const pooled = adapterFileSystem(root, { blocking: false });
    const slow = await pooled.open("/f", create);
    expect(slow.writeNow!(new Uint8Array([9]), 0)).toBe(false);
    await slow.close();
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("fsync: an upload counts only when the disk has taken it", async () => {
  // A device that cannot: the call is refused, which shows that it was made.
  const open = (durable: boolean) => {
    const descriptor = openSync("/dev/null", "w");
    const file = new LocalFileHandle({
      descriptor,
      size: 0,
      access: "write",
      path: "/dev/null",
      sendable: false,
      durable,
    });
    return { descriptor, file };
  };
  await open(false).file.close();
  const { descriptor, file } = open(true);
  await expect(file.close()).rejects.toBeInstanceOf(FileError);
  expect(() => fstatSync(descriptor)).toThrow(/EBADF/);
  const root = realpathSync(mkdtempSync(`${tmpdir()}/anyftpd-fsync-`));
  try {
    const files = adapterFileSystem(root, { fsync: true });
    await put(files, "/a", "safe");
    expect(readFileSync(`${root}/a`, "utf8")).toBe("safe");
  } finally {
    rmSync(root, { recursive: true });
  }
});
