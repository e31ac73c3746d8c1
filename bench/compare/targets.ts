import { OURS } from "../peer/anyftpd.ts";
import { LIMIT_NAME } from "../peer/limit.ts";
import { figure, markdown, type Row } from "./table.ts";

/** What this server has to reach, on every runtime. */
export interface Target {
  /** For people: the work. */
  readonly work: string;
  /** The metric's key. */
  readonly key: string;
  /** What is looked at. @default {"value"} */
  readonly of?: "value" | "cpu";
  /**
   * The server that the number is divided by; `best`: the best of the others;
   * `null`: nothing, the number itself counts.
   */
  readonly base: string | null;
  readonly atLeast?: number;
  readonly atMost?: number;
}

const TLS: readonly Target[] = ["download", "upload"].flatMap((kind) => {
  const work = `one TLS ${kind}`;
  const key = `tls-${kind}`;
  return [
    { work, key, base: "best", atLeast: 1 },
    { work, key, base: "best", of: "cpu", atMost: 1.3 },
  ];
});

/** What is demanded; a target is looked at when what it needs was measured. */
export const TARGETS: readonly Target[] = [
  { work: "one RETR", key: "download", base: "best", atLeast: 1 },
  {
    work: "one RETR",
    key: "download",
    base: "pyftpdlib",
    of: "cpu",
    atMost: 1.1,
  },
  {
    work: "many RETR at once",
    key: "many-download",
    base: "best",
    atLeast: 1.2,
  },
  { work: "one STOR", key: "upload", base: "best", atLeast: 0.95 },
  { work: "many STOR at once", key: "many-upload", base: "best", atLeast: 1 },
  {
    work: "RETR beside idle clients, of that without",
    key: "idle-download-ratio",
    base: null,
    atLeast: 0.95,
  },
  {
    work: "STOR beside idle clients, of that without",
    key: "idle-upload-ratio",
    base: null,
    atLeast: 0.95,
  },
  { work: "logins", key: "logins", base: "pyftpdlib", atLeast: 1 },
  { work: "logins", key: "logins", base: "vsftpd", atLeast: 100 },
  { work: "small downloads", key: "small", base: "pyftpdlib", atLeast: 1 },
  { work: "LIST", key: "list", base: "vsftpd", atLeast: 1 },
  { work: "MLSD", key: "mlsd", base: "pyftpdlib", atLeast: 1 },
  {
    work: "memory of an idle session, KiB",
    key: "memory",
    base: null,
    atMost: 12,
  },
  {
    work: "longest NOOP beside downloads, ms",
    key: "lag-longest",
    base: null,
    atMost: 30,
  },
  {
    work: "two workers, of one",
    key: "workers-ratio",
    base: null,
    atLeast: 1.6,
  },
  ...TLS,
];

/** One target on one of our servers. */
export interface Verdict {
  readonly target: Target;
  readonly peer: string;
  /** The ratio, or the number itself. */
  readonly reached: number;
  readonly met: boolean;
}

function numberOf(row: Row, of: Target["of"]): number {
  return of === "cpu" ? row.cpuMedian : row.value.median;
}

/** What the number is divided by; `null` when nothing to divide by is there. */
function divisor(rows: readonly Row[], target: Target): number | null {
  const { base, of, atMost } = target;
  if (base === null) return 1;
  const numbers = rows
    .filter(({ peer }) =>
      base === "best"
        ? !peer.startsWith(OURS) && peer !== LIMIT_NAME
        : peer === base
    )
    .map((row) => numberOf(row, of))
    .filter(Number.isFinite);
  if (numbers.length === 0) return null;
  return atMost === undefined ? Math.max(...numbers) : Math.min(...numbers);
}

/** What can be said about targets by what was measured. */
export function judge(
  rows: readonly Row[],
  targets: readonly Target[],
): readonly Verdict[] {
  return targets.flatMap((target) => {
    const { key, of, atLeast = -Infinity, atMost = Infinity } = target;
    const measured = rows.filter((row) => row.key === key);
    const by = divisor(measured, target);
    if (by === null) return [];
    return measured.filter(({ peer }) => peer.startsWith(OURS)).map((row) => {
      const reached = numberOf(row, of) / by;
      const met = reached >= atLeast && reached <= atMost;
      return { target, peer: row.peer, reached, met };
    });
  });
}

function title({ work, base, of, atLeast, atMost }: Target): string {
  const what = of === "cpu" ? `${work}, CPU time` : work;
  const bound = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`;
  if (base === null) return `${what} ${bound}`;
  return `${what} ${bound} of ${base === "best" ? "the best peer" : base}`;
}

/** A line for each target, a column for each of our servers. */
export function formatTargets(verdicts: readonly Verdict[]): string {
  const peers = [...new Set(verdicts.map(({ peer }) => peer))];
  const targets = [...new Set(verdicts.map(({ target }) => target))];
  const lines = targets.map((target) => [
    title(target),
    ...peers.map((peer) => {
      const verdict = verdicts.find((one) =>
        one.target === target && one.peer === peer
      );
      if (verdict === undefined) return "-";
      return `${figure(verdict.reached)} ${verdict.met ? "met" : "missed"}`;
    }),
  ]);
  return markdown([["target", ...peers], ...lines], (column) => column === 0);
}
