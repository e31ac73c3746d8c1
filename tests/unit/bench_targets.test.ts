import { describe, expect, test } from "vitest";
import { parseSettings } from "../../bench/compare/settings.ts";
import type { Row } from "../../bench/compare/table.ts";
import {
  formatTargets,
  judge,
  type Target,
  TARGETS,
} from "../../bench/compare/targets.ts";

function row(key: string, peer: string, value: number, cpu: number = 1): Row {
  return {
    key,
    metric: key,
    peer,
    unit: "MiB/s",
    higherIsBetter: true,
    value: { median: value, best: value, worst: value },
    cpuUnit: "s/GiB",
    cpuMedian: cpu,
    privateBytes: 0,
    rounds: 1,
  };
}

const BEST: Target = {
  work: "one RETR",
  key: "download",
  base: "best",
  atLeast: 1,
};

describe("judge()", () => {
  test("divides by the best of the others, the limit being none", () => {
    const rows = [
      row("download", "anyftpd", 90),
      row("download", "anyftpd-bun", 300),
      row("download", "vsftpd", 100),
      row("download", "proftpd", 50),
      row("download", "limit", 1000),
    ];
    expect(judge(rows, [BEST])).toEqual([
      { target: BEST, peer: "anyftpd", reached: 0.9, met: false },
      { target: BEST, peer: "anyftpd-bun", reached: 3, met: true },
    ]);
  });

  test("takes the least of what should be small", () => {
    const target: Target = {
      work: "one RETR",
      key: "download",
      of: "cpu",
      base: "best",
      atMost: 1.3,
    };
    const rows = [
      row("download", "anyftpd", 1, 0.6),
      row("download", "vsftpd", 1, 0.5),
      row("download", "proftpd", 1, 0.9),
    ];
    expect(judge(rows, [target])).toEqual([
      { target, peer: "anyftpd", reached: 1.2, met: true },
    ]);
  });

  test("takes a number by itself where there is no base", () => {
    const target: Target = {
      work: "memory",
      key: "memory",
      base: null,
      atMost: 12,
    };
    expect(judge([row("memory", "anyftpd", 12.5)], [target])).toEqual([
      { target, peer: "anyftpd", reached: 12.5, met: false },
    ]);
  });

  test("says nothing of what was not measured, or by nobody else", () => {
    expect(judge([row("upload", "anyftpd", 1)], [BEST])).toEqual([]);
    const alone = [
      row("download", "anyftpd", 1),
      row("download", "vsftpd", NaN),
    ];
    expect(judge(alone, [BEST])).toEqual([]);
  });

  test("does not take a number that is none for a target that is met", () => {
    const rows = [
      row("download", "anyftpd", NaN),
      row("download", "vsftpd", 1),
    ];
    expect(judge(rows, [BEST]).map(({ met }) => met)).toEqual([false]);
  });
});

test("formatTargets() has a column for each server of ours", () => {
  const rows = [
    row("download", "anyftpd", 90),
    row("download", "anyftpd-bun", 300),
    row("download", "vsftpd", 100),
  ];
  const lines = formatTargets(judge(rows, TARGETS)).split("\n");
  const cells = (line: string): string[] =>
    line.split("|").map((cell) => cell.trim()).slice(1, -1);
  expect(cells(lines[0]!)).toEqual(["target", "anyftpd", "anyftpd-bun"]);
  expect(cells(lines[2]!)).toEqual([
    "one RETR >= 1 of the best peer",
    "0.90 missed",
    "3.00 met",
  ]);
});

describe("parseSettings()", () => {
  test("keeps what --only names under the names of that", () => {
    const settings = parseSettings(["--only", "idle,list", "vsftpd"]);
    expect(settings?.only).toEqual(["idle", "list"]);
    expect(settings?.save).toBe("idle-list");
    expect(settings?.names).toEqual(["vsftpd"]);
  });

  test("measures all in clear, and memory, when nothing is named", () => {
    const settings = parseSettings([]);
    expect(settings?.only).toContain("download");
    expect(settings?.only).toContain("memory");
    expect(settings?.only).not.toContain("tls");
    expect(settings?.save).toBe("latest");
    expect(settings?.load.clients).toBe(300);
    expect(settings?.load.sessions).toBe(10_000);
  });

  test("refuses what it does not know", () => {
    expect(() => parseSettings(["--only", "speed"]))
      .toThrow("unknown metric 'speed', choose from: download, upload");
    expect(() => parseSettings(["-c", "0"])).toThrow("invalid clients '0'");
    expect(() => parseSettings(["--save", "../here"]))
      .toThrow("invalid name '../here' for the results");
    expect(parseSettings(["--only", "list,idle"])?.save).toBe("idle-list");
    expect(() => parseSettings(["-s", "big"]))
      .toThrow("invalid file size 'big'");
  });
});
