import { answering, type Difference, replacing, steps } from "./difference.ts";

const UTF8_STEPS = "UTF8 ON,UTF8 OFF,utf8 on,UTF-8 NLST".split(",");
const OUTSIDE =
  '550 "/" points to a path which is outside the user\'s root directory.';
const UNREADABLE = "501 Syntax error: path holds a NUL, CR or LF character.";

const ROOT_NAMES = [
  ' "quoted" ',
  "-la",
  "all-bytes",
  "broken-link",
  "digits",
  "empty",
  "empty-folder",
  "file-link",
  "folder-link",
  "gr\u00c3\u00bc\u00c3\u009f.txt",
  "hello.txt",
  "lines.txt",
  "outside-file",
  "outside-link",
  "private",
  "sub",
  "with space",
];

const SUB_LINES =
  'drwxr-xr-x   2 root     root      <size> Feb 03  2001 a "b" c\r\n' +
  "drwxr-xr-x   2 root     root      <size> Feb 03  2001 deep\r\n" +
  "-rw-r--r--   1 root     root            6 Feb 03  2001 inner.txt\r\n";

/** Every known difference, in the order in which they are applied. */
export const DIFFERENCES: readonly Difference[] = [
  replacing(
    "1.3 NOOP: a stray quote in their text",
    10,
    /^(200 I successfully did nothing)'\.$/m,
    "$1.",
  ),
  answering("1.1.12: Telnet bytes in front of any command are dropped", {
    "empty and odd lines: \\xff\\xf4NOOP": [
      '500 Command "\u00ef\u00bf\u00bd\u00ef\u00bf\u00bdNOOP" not understood.',
      "200 I successfully did nothing.",
    ],
  }),
  answering("1.1.8: a verb is upper-cased as ASCII", {
    "empty and odd lines: \\xc3\\xa9\\xc3\\xa9": [
      '500 Command "\u00c3\u0089\u00c3\u0089" not understood.',
      '500 Command "\u00c3\u00a9\u00c3\u00a9" not understood.',
    ],
  }),
  answering("D29: SITE HELP looks for SITE commands first", {
    "help: SITE HELP CHMOD": [
      "501 Unrecognized SITE command.",
      "214 Syntax: SITE CHMOD <SP> mode path (change file mode).",
    ],
    "help: SITE HELP HELP": [
      "214 Syntax: HELP [<SP> cmd] (show help).",
      "214 Syntax: SITE HELP [<SP> cmd] (show SITE command help).",
    ],
  }),
  answering("1.4.4: later pyftpdlib takes OPTS UTF8 in every form", {
    ...steps(
      UTF8_STEPS.map((text) => `features and options: OPTS ${text}`),
      "501 Invalid argument.",
      "200 Always in UTF8 mode.",
    ),
    "features and options: OPTS UTF8": [
      '501 Unsupported command "UTF8".',
      "200 Always in UTF8 mode.",
    ],
    "features and options: OPTS UTF-8": [
      '501 Unsupported command "UTF-8".',
      "200 Always in UTF8 mode.",
    ],
  }),
  answering("1.4.3: later pyftpdlib names the command", {
    "features and options: OPTS RETR x": [
      "501 Invalid argument.",
      '501 Unsupported command "RETR".',
    ],
  }),
  answering("1.3 TYPE: RFC 959 says that `A N` is `A`", {
    "type, structure, mode: TYPE A N": [
      '504 Unsupported type "A N".',
      "200 Type set to: ASCII.",
    ],
    "type, structure, mode: TYPE AN": [
      '504 Unsupported type "AN".',
      "200 Type set to: ASCII.",
    ],
  }),
  replacing(
    "1.3 CWD: quotes in a path are doubled in every reply",
    1,
    /^(250 "\/sub\/a )"b"( c")/,
    '$1""b""$2',
  ),
  answering("1.1.17: the permission is asked before the path is followed", {
    ...steps(
      ["reader: STOR outside-link/x", "reader: DELE outside-file"],
      OUTSIDE,
      "550 Not enough privileges.",
    ),
  }),
  answering("1.3 DELE: a link that leads out may go, its target stays", {
    ...steps(
      [
        "deleting links that lead out: DELE outside-file",
        "deleting links that lead out: DELE outside-link",
      ],
      OUTSIDE,
      "250 File removed.",
    ),
    "deleting links that lead out: RMD outside-link": [
      OUTSIDE,
      "550 No such file or directory.",
    ],
  }),
  answering("D1: their STOU writes through a link that leads out", {
    "unique uploads: STOU outside-link/x": [
      '<125 or 150> FILE: x.<random>\n226 Transfer complete.\ndata:""',
      "550 '/outside-link/x.<random>' points to a path which is outside " +
      "the user's root directory.",
    ],
  }),
  {
    reason: "1.2.4: the refused path is shown as the client named it",
    count: 23,
    rewrite: (theirs, name) =>
      theirs === OUTSIDE
        ? theirs.replace('"/"', `'/${/ \/?([^ ]+)$/.exec(name)![1]}'`)
        : theirs,
  },
  answering("The root is no name that could be given to something else", {
    "renaming: RNTO /": [
      "550 Directory not empty.",
      "550 Operation not permitted.",
    ],
  }),
  {
    reason: "NLST of a folder names its entries so that RETR can take them",
    count: 8,
    rewrite: (theirs, name) => {
      const folder = /: NLST (sub|sub\/|\/sub|folder-link)(?: #\d+)?$/
        .exec(name)?.[1]?.replace(/\/$/, "");
      return folder === undefined ? theirs : theirs.replace(
        /(?<=data:"|\\r\\n)(?!"$)/g,
        `${folder}/`,
      );
    },
  },
  replacing(
    "1.10.4: a link's target outside the root is not shown",
    10,
    / -> <base>[^\\\n]*/g,
    "",
  ),
  {
    reason: "1.9.4: lines of STAT are indented, or one could end the reply",
    count: 7,
    rewrite: (theirs) =>
      theirs.startsWith("213-Status of")
        ? theirs.replace(/\n(?!213 End of status\.$)/g, "\n ")
        : theirs,
  },
  replacing(
    "1.10.10: M and T are no letters of RFC 3659",
    18,
    /(perm=[a-z]*)MT/g,
    "$1",
  ),
  replacing(
    "D22: unix.mode is octal digits, not Python's octal literal",
    1,
    /unix\.mode=0o/g,
    "unix.mode=0",
  ),
  replacing(
    "Quotes in a path are doubled in the heading of MLST too",
    1,
    /^(250-Listing "\/ )"quoted"( ":)/,
    '$1""quoted""$2',
  ),
  replacing(
    "1.10.11: links that lead out show nothing of what is there",
    1,
    /(?:(?<=\\n)[a-z.]+=[^;\\"]*;[^ \\]*) outside-(?:file|link)\\r\\n/g,
    "",
  ),
  answering("A number that no file reaches is no position", {
    "resumed downloads: REST 99999999999999999999": [
      "350 Restarting at position 99999999999999999999.",
      "501 Invalid parameter.",
    ],
  }),
  replacing(
    "D13: a CR at the end of an ASCII upload is kept",
    1,
    /(data:"ends in a return)(")$/,
    "$1\\r$2",
  ),
  answering("D4, D5: NUL, CR and LF in a path are refused", {
    "NUL in a path: MKD a\\x00b": ["closed", UNREADABLE],
    "NUL in a path: PWD": ["closed", '257 "/" is the current directory.'],
    "NUL in a download: RETR a\\x00b": ["closed", UNREADABLE],
    "NUL in a download: PWD": ["closed", '257 "/" is the current directory.'],
    "line feed in a path: MKD a\\x0a200 forged": [
      '257 "/a\n200 forged" directory created.',
      UNREADABLE,
    ],
    "carriage return in a path: MKD a\\x0db": [
      '257 "/a\rb" directory created.',
      UNREADABLE,
    ],
  }),
  answering("A browser that was sent here gets no FTP dialogue", {
    "commands that nobody has: GET / HTTP/1.1": [
      '500 Command "GET" not understood.',
      "421 This is not an HTTP server.",
    ],
  }),
  answering("1.3 LIST: options are ignored, unless a file has that name", {
    "listing names: NLST -l": [
      "550 No such file or directory.",
      `<125 or 150>\n226 Transfer complete.\ndata:${
        JSON.stringify(`${ROOT_NAMES.join("\r\n")}\r\n`)
      }`,
    ],
    "listings: LIST -R": [
      "550 No such file or directory.",
      `<125 or 150>\n226 Transfer complete.\ndata:${JSON.stringify(SUB_LINES)}`,
    ],
  }),
  {
    reason: "A file that is called like an option is that file",
    count: 1,
    rewrite: (theirs, name) =>
      name === "listings: LIST -la"
        ? theirs.replace(/(?<=data:").*\\n(-[^\\]* -la\\r\\n).*(?="$)/, "$1")
        : theirs,
  },
  answering("MLSD of a missing path: 501 is for syntax, clients read 550", {
    ...steps(
      ["machine listings: MLSD nope", "machine listings: MLSD broken-link"],
      "501 No such directory.",
      "550 No such file or directory.",
    ),
  }),
  answering("MFMT with an empty first argument lacks an argument", {
    "sizes and times: MFMT  20100102030405 hello.txt": [
      "550 Invalid time format; expected: YYYYMMDDHHMMSS.",
      "501 Syntax error: command needs two arguments.",
    ],
  }),
  {
    ...answering("Deno's node:fs takes no names that are not UTF-8", {
      "paths: CWD \\xff\\xfe": [
        "550 No such file or directory.",
        "550 Invalid argument.",
      ],
    }),
    kinds: ["deno"],
  },
];
