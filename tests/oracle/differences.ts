/**
 * One way in which we answer otherwise than pyftpdlib 1.5.7, on purpose. Rows
 * are those of the parity page.
 */
export interface Difference {
  /** Why ours is better, or why theirs is out of date. */
  readonly reason: string;
  /** In how many exchanges of the dialogue it shows. */
  readonly count: number;
  /** Their masked answer as we give it; the same where it does not show. */
  readonly rewrite: (theirs: string, name: string) => string;
}

/** A text that is replaced wherever it stands. */
function replacing(
  reason: string,
  count: number,
  pattern: RegExp,
  by: string,
): Difference {
  return { reason, count, rewrite: (theirs) => theirs.replace(pattern, by) };
}

/** Whole answers to some steps, by the steps' names. */
function answering(
  reason: string,
  answers: Readonly<Record<string, readonly [theirs: string, ours: string]>>,
): Difference {
  return {
    reason,
    count: Object.keys(answers).length,
    rewrite: (theirs, name) => {
      const known = answers[name];
      return known && known[0] === theirs ? known[1] : theirs;
    },
  };
}

/** The same reply to several steps. */
function steps(
  names: readonly string[],
  theirs: string,
  ours: string,
): Record<string, readonly [string, string]> {
  return Object.fromEntries(names.map((name) => [name, [theirs, ours]]));
}

const UTF8_STEPS = "UTF8 ON,UTF8 OFF,utf8 on,UTF-8 NLST".split(",");
const UNREADABLE = "501 Syntax error: path holds a NUL, CR or LF character.";

/** Every known difference, in the order in which they are applied. */
export const DIFFERENCES: readonly Difference[] = [
  replacing(
    "1.3 NOOP: a stray quote in their text",
    10,
    /^(200 I successfully did nothing)'\.$/m,
    "$1.",
  ),
  replacing(
    "1.4.2: the fact `create` is there for file systems that keep it",
    4,
    /(unix\.gid;)$/m,
    "$1create;",
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
];
