import { expect, test } from "vitest";
import { dialogue, loggedIn, passwords } from "./_dialogue.ts";

test("CWD enters a folder, and the root without an argument", async () => {
  await using stage = await loggedIn();
  stage.files.makeFolders("/a/b");
  stage.files.writeFile("/file", "");
  await dialogue(stage.client, [
    ["CWD a", '250 "/a" is the current directory.'],
    ["CWD b", '250 "/a/b" is the current directory.'],
    ["PWD", '257 "/a/b" is the current directory.'],
    ["CWD missing", "550 No such file or directory."],
    ["CWD /file", "550 Not a directory."],
    ["CWD /file/x", "550 Not a directory."],
    ["PWD", '257 "/a/b" is the current directory.'],
    ["CWD .././/../a/", '250 "/a" is the current directory.'],
    ["CWD //a//b/", '250 "/a/b" is the current directory.'],
    ["CWD", '250 "/" is the current directory.'],
    ["XCWD a", '250 "/a" is the current directory.'],
    ["XPWD", '257 "/a" is the current directory.'],
    ["XCWD", '250 "/" is the current directory.'],
  ]);
});

test("CDUP goes one level up with 250 and stays at the top", async () => {
  await using stage = await loggedIn();
  stage.files.makeFolders("/a/b/c");
  await dialogue(stage.client, [
    ["CWD a/b/c", /^250 /],
    ["CDUP", '250 "/a/b" is the current directory.'],
    ["XCUP", '250 "/a" is the current directory.'],
    ["CDUP", '250 "/" is the current directory.'],
    ["CDUP", '250 "/" is the current directory.'],
    ["CWD ..", '250 "/" is the current directory.'],
    ["CWD ../../..", '250 "/" is the current directory.'],
  ]);
});

test("quotes in names are doubled in every reply that quotes them", async () => {
  await using stage = await loggedIn();
  await dialogue(stage.client, [
    ['MKD a"b', '257 "/a""b" directory created.'],
    ['CWD a"b', '250 "/a""b" is the current directory.'],
    ["PWD", '257 "/a""b" is the current directory.'],
    ['MKD "', '257 "/a""b/""" directory created.'],
    ['CWD "', '250 "/a""b/""" is the current directory.'],
    ["CDUP", '250 "/a""b" is the current directory.'],
    ['STAT "', /^213-Status of "\/a""b\/""":\n213 /],
    ['MLST "', /^250-Listing "\/a""b\/""":\n .* \/a"b\/"\n250 End MLST\.$/],
  ]);
});

test("MKD tells the absolute name and refuses what is there", async () => {
  await using stage = await loggedIn();
  stage.files.writeFile("/file", "");
  await dialogue(stage.client, [
    ["MKD a", '257 "/a" directory created.'],
    ["CWD a", /^250 /],
    ["XMKD b/", '257 "/a/b" directory created.'],
    ["MKD b", "550 File exists."],
    ["MKD /file", "550 File exists."],
    ["MKD x/y", "550 No such file or directory."],
    ["MKD /", "550 File exists."],
  ]);
});

test("RMD removes empty folders and never the root", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.makeFolders("/a/b");
  files.writeFile("/file", "");
  files.makeLink("/home", "/");
  await dialogue(stage.client, [
    ["RMD a", "550 Directory not empty."],
    ["RMD a/b", "250 Directory removed."],
    ["XRMD a", "250 Directory removed."],
    ["RMD a", "550 No such file or directory."],
    ["RMD file", "550 Not a directory."],
    ["RMD /", "550 Can't remove root directory."],
    ["RMD ..", "550 Can't remove root directory."],
    ["RMD home", "550 Can't remove root directory."],
  ]);
});

test("a backslash is an ordinary character of a name", async () => {
  await using stage = await loggedIn();
  stage.files.makeFolders("/a/b");
  await dialogue(stage.client, [
    ["CWD a\\b", "550 No such file or directory."],
    ["MKD a\\b", '257 "/a\\b" directory created.'],
    ["CWD a\\b", '250 "/a\\b" is the current directory.'],
    ["CWD ..\\", "550 No such file or directory."],
  ]);
});

test("a session starts in the user's home and can go above it", async () => {
  await using stage = await loggedIn();
  const { files } = stage;
  files.makeFolders("/home/bob");
  await using other = await loggedIn({
    authorizer: passwords(files, { anonymous: "" }, { home: "/home/bob" }),
  });
  await dialogue(other.client, [
    ["PWD", '257 "/home/bob" is the current directory.'],
    ["CDUP", '250 "/home" is the current directory.'],
    ["CWD", '250 "/" is the current directory.'],
  ]);
});

test(".. is worked out on the text, not through links", async () => {
  await using stage = await loggedIn();
  stage.files.makeFolders("/x/y/z");
  stage.files.makeFolders("/a");
  stage.files.makeLink("/a/l", "/x/y/z");
  await dialogue(stage.client, [
    ["CWD /a/l", '250 "/a/l" is the current directory.'],
    ["CWD ..", '250 "/a" is the current directory.'],
  ]);
});

test("a folder that may not be entered is refused", async () => {
  await using stage = await loggedIn();
  stage.files.makeFolders("/locked");
  await stage.files.setMode("/locked", 0o600);
  await dialogue(stage.client, [
    ["CWD locked", "550 Permission denied."],
    ["PWD", '257 "/" is the current directory.'],
  ]);
});

test("names that are not ASCII go through every command", async () => {
  await using stage = await loggedIn();
  const { client, files } = stage;
  // As the client reads bytes.
  const wire = (text: string) =>
    String.fromCharCode(...new TextEncoder().encode(text));
  const folder = "Übung 日本 🦆";
  const file = "ｆile é";
  await dialogue(client, [
    [`MKD ${folder}`, wire(`257 "/${folder}" directory created.`)],
    [`CWD ${folder}`, wire(`250 "/${folder}" is the current directory.`)],
    ["TYPE I", /^200 /],
  ]);
  expect(await client.upload(`STOR ${file}`, "abc")).toMatch(/^226 /);
  expect(await client.upload(`APPE ${file}`, "d")).toMatch(/^226 /);
  expect(new TextDecoder().decode(files.readFile(`/${folder}/${file}`)))
    .toBe("abcd");
  for (const command of ["LIST", "NLST", "MLSD", `RETR ${file}`]) {
    const { bytes, reply } = await client.download(command);
    expect(reply).toMatch(/^226 /);
    const expected = command.startsWith("RETR") ? "abcd" : `${file}\r\n`;
    expect(new TextDecoder().decode(bytes).endsWith(expected)).toBe(true);
  }
  await dialogue(client, [
    [`SIZE ${file}`, "213 4"],
    [`MDTM ${file}`, "213 20260101000000"],
    [`MLST ${file}`, /^250-/],
    [`STAT ${file}`, /^213-/],
    [`SITE CHMOD 600 ${file}`, /^200 /],
    [`RNFR ${file}`, /^350 /],
    [`RNTO ${file}2`, /^250 /],
    [`DELE ${file}2`, /^250 /],
    ["CDUP", /^250 /],
    [`RMD ${folder}`, /^250 /],
  ]);
  const made = await client.upload(`STOU ${folder}`, "");
  expect(made).toMatch(/^226 /);
});
