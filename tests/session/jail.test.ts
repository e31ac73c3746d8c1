// Nothing outside of the user's root is read, written or told of.

import { expect, test } from "vitest";
import { dialogue, type Exchange, fetched, loggedIn } from "./_dialogue.ts";

const OUTSIDE = (path: string) =>
  `550 '${path}' points to a path which is outside the user's root directory.`;

/** Commands that follow a link at the end of their path, which is `x`. */
const FOLLOWING = [
  "APPE x",
  "CWD x",
  "LIST x",
  "MDTM x",
  "MFMT 20200101000000 x",
  "MLSD x",
  "MLST x",
  "NLST x",
  "RETR x",
  "RMD x",
  "RNFR x",
  "SITE CHMOD 644 x",
  "SIZE x",
  "STAT x",
  "STOR x",
];

/** Those that act on the name itself. */
const ON_NAMES = ["DELE x", "MKD x"];

test("a link that leads out is not followed", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeFolders("/d");
  files.makeLink("/relative", "../outside");
  files.makeLink("/d/deep", "../../outside");
  files.makeLink("/d/twice", "deep");
  await dialogue(client, [["TYPE I", /^200 /]]);
  for (const link of ["relative", "d/deep", "d/twice"]) {
    const refused = (path: string): Exchange[] =>
      FOLLOWING.map((command) => [
        command.replace(/x$/, path),
        OUTSIDE(`/${path}`),
      ]);
    await dialogue(client, [
      ...refused(link),
      ...refused(`${link}/below`),
      ...ON_NAMES.map((command): Exchange => [
        command.replace(/x$/, `${link}/below`),
        OUTSIDE(`/${link}/below`),
      ]),
    ]);
  }
});

test("nothing is renamed to the outside", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.writeFile("/a", "kept");
  files.makeLink("/out", "../outside");
  await dialogue(client, [
    ["RNFR a", /^350 /],
    ["RNTO out/a", OUTSIDE("/out/a")],
    ["RNFR a", /^350 /],
    ["RNTO ../../a2", "250 Renaming ok."],
    ["RNFR a2", /^350 /],
    // The link gives way; what it points to is not touched.
    ["RNTO out", "250 Renaming ok."],
  ]);
  expect(await fetched(client, "RETR out")).toBe("kept");
});

test("a link that leads out may be removed: only the link is", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.makeLink("/out", "../outside");
  await dialogue(client, [["DELE out", "250 File removed."]]);
  await expect(files.stat("/out", { followLinks: false })).rejects.toThrow();
});

test("dots lead to the root at most", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  files.writeFile("/d/a", "x");
  await dialogue(client, [["TYPE I", /^200 /]]);
  for (
    const path of [
      "../../d/a",
      "/../d/a",
      "d/../../d/a",
      "./d/./a",
      "//d//a",
      "d/a/../a",
    ]
  ) {
    await dialogue(client, [[`SIZE ${path}`, "213 1"]]);
  }
  await dialogue(client, [
    ["CWD ...", "550 No such file or directory."],
    ["CWD d/../..", '250 "/" is the current directory.'],
  ]);
});
