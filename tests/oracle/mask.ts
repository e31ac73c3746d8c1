import type { Exchange } from "./runner.ts";

/** One exchange, with what changes from run to run blanked out. */
export interface MaskedExchange {
  readonly name: string;
  readonly at: number;
  /** Replies, then the data after a line `data:`. */
  readonly text: string;
}

const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";

const RULES: readonly (readonly [RegExp, string])[] = [
  // Ports of the server and of the client.
  [/\((\d+,){4}\d+,\d+\)/g, "(<host>,<port>)"],
  [/\(\|\|\|\d+\|\)/g, "(|||<port>|)"],
  [/(Connected to: \S+):\d+/g, "$1:<port>"],
  [/(foreign address \S+):\d+/g, "$1:<port>"],
  // Whether the data connection was there before the command is a race.
  [
    /^(125 Data connection already open\. Transfer starting\.|150 File status okay\. About to open data connection\.)$/gm,
    "<125 or 150>",
  ],
  [/^(125|150)(?= FILE: )/gm, "<125 or 150>"],
  // The folder itself, where a link's target shows it.
  [/\/\S*anyftpd-dialogue-\w+/g, "<base>"],
  // Durations.
  [/(Transfer elapsed time: )[\d.e-]+/g, "$1<time>"],
  // Inodes and devices.
  [/\bunique=[0-9a-zA-Z:.-]+;/g, "unique=<id>;"],
  // Times of what was made during the run; the fixture's own are older.
  [/\b20[2-9]\d(0[1-9]|1[0-2])\d{8}\b/g, "<now>"],
  [new RegExp(`\\b(${MONTHS}) [ 0-3]\\d \\d\\d:\\d\\d\\b`, "g"), "<now>"],
  // Random parts of names that STOU makes.
  [/(FILE: \S*?\.)\S{8}(?=\r|\n|$)/g, "$1<random>"],
  [/(\.)[A-Za-z0-9_]{8}(?=' points to)/g, "$1<random>"],
  [/\b(ftpd\.|hello\.txt\.)[A-Za-z0-9_]{8}(?=\r\n)/g, "$1<random>"],
  // Sizes of folders depend on the disk.
  [/(d[rwx-]{9}.{23}) +\d+ /g, "$1 <size> "],
  [/size=\d+;(type=dir;)/g, "size=<size>;$1"],
];

/** Blanks out times, ports, addresses, inodes and random names. */
export function maskText(text: string): string {
  return RULES.reduce(
    (masked, [pattern, by]) => masked.replace(pattern, by),
    text,
  );
}

/** The exchange as one text to compare. */
export function maskExchange(exchange: Exchange): MaskedExchange {
  const lines = exchange.replies.map(maskText);
  if (exchange.data !== null) {
    lines.push(`data:${JSON.stringify(inOrder(exchange))}`);
  }
  return { name: exchange.name, at: exchange.at, text: lines.join("\n") };
}

/** MLSD may come in any order (row 1.10.3); all else is compared as it came. */
function inOrder(exchange: Exchange): string {
  const data = maskText(exchange.data ?? "");
  if (!/: MLSD/.test(exchange.name)) return data;
  return data.split(/(?<=\r\n)/).sort(byName).join("");
}

function byName(a: string, b: string): number {
  const name = (line: string): string => line.slice(line.indexOf(" ") + 1);
  return name(a) < name(b) ? -1 : 1;
}
