import type { DirectoryEntry, ListOptions } from "../lib/spi/file_system.ts";
import type { Answer, AnyStats, FileCalls } from "./_file_calls.ts";
import { FolderReader } from "./_folder_reader.ts";
import {
  hostText,
  isLossy,
  KEEPS_RAW_NAMES,
  lossyKey,
  lossyKeyOf,
  LOST,
} from "./_host_path.ts";
import {
  type Jail,
  joinPaths,
  type Place,
  topOf,
  virtualPath,
} from "./_jail.ts";
import { localStat } from "./_local_stat.ts";
import { sortedNames } from "./_sorted_names.ts";
import { Turns } from "./_turns.ts";

/**
 * Entries per batch. Looking at 256 of them blocks for at most 0.6 ms on Node,
 * and others are served between batches.
 */
const BATCH = 256;

/** Look-ups under way at a time when they go through the thread pool. */
const AT_A_TIME = 16;

/** An entry, or what there is to make one of; `null` is nothing. */
type Look = DirectoryEntry | AnyStats | null;

/** Lists one folder; see `FileSystem.list`. */
export class LocalListing {
  readonly #jail: Jail;
  readonly #calls: FileCalls;
  readonly #folder: Place;
  readonly #options: ListOptions;
  /** While names are read, where there is one. */
  #reader: FolderReader | null = null;

  constructor(
    jail: Jail,
    calls: FileCalls,
    folder: Place,
    options: ListOptions,
  ) {
    this.#jail = jail;
    this.#calls = calls;
    this.#folder = folder;
    this.#options = options;
  }

  async *batches(): AsyncGenerator<readonly DirectoryEntry[], void, void> {
    // With the rights of somebody else, only those calls will do.
    const isOwn = this.#calls.blocking && this.#calls.together === undefined;
    const reader = isOwn ? FolderReader.open(this.#folder.path) : null;
    this.#reader = reader;
    const turns = new Turns();
    const turn = (): Promise<void> => turns.next();
    try {
      let names: AsyncIterable<string[]> = reader === null
        ? this.#names()
        : namesOf(reader);
      if (this.#options.sorted) names = sortedNames(names, BATCH, turn);
      let first = true;
      for await (const batch of names) {
        if (!first) await turn();
        first = false;
        const entries = await this.#describeAll(batch);
        if (entries.length > 0) yield entries;
      }
    } finally {
      this.#reader = null;
      reader?.close();
    }
  }

  /** One name of the folder, links not followed. */
  async entry(name: string): Promise<DirectoryEntry> {
    const stats = await this.#calls.lstat(this.#folder.at(name));
    return stats.isSymbolicLink()
      ? await this.#link(name, stats)
      : { name, stat: localStat(stats) };
  }

  /** Names in the order of the system. */
  async *#names(): AsyncGenerator<string[], void, void> {
    const raw = new RawNames(this.#calls, this.#folder);
    const parts = this.#calls.readNames(this.#folder.path, BATCH);
    for await (const names of parts) {
      yield names.some(isLossy) ? raw.restore(names) : names;
    }
  }

  async #describeAll(names: readonly string[]): Promise<DirectoryEntry[]> {
    if (this.#options.stat === "none") {
      return names.map((name) => ({ name, stat: null }));
    }
    const entries: DirectoryEntry[] = [];
    const keep = (entry: DirectoryEntry | null): void => {
      if (entry !== null) entries.push(entry);
    };
    if (this.#calls.blocking) {
      const looks = this.#lookAtAll(names);
      for (let at = 0; at < names.length; at++) {
        const answer = this.#described(names[at]!, looks[at]!);
        keep(answer instanceof Promise ? await answer : answer);
      }
      return entries;
    }
    for (let at = 0; at < names.length; at += AT_A_TIME) {
      const some = names.slice(at, at + AT_A_TIME);
      const answers = some.map((name) =>
        this.#described(name, this.#look(name))
      );
      (await Promise.all(answers)).forEach(keep);
    }
    return entries;
  }

  #lookAtAll(names: readonly string[]): readonly Answer<Look>[] {
    const look = (): readonly Answer<Look>[] =>
      names.map((name) => this.#look(name));
    return this.#calls.together?.(look) ?? look();
  }

  /** `null`: it vanished, or may not be looked at. */
  #look(name: string): Answer<Look> {
    // Where paths are text, a name with U+FFFD may be the text of another.
    if (this.#reader !== null && (KEEPS_RAW_NAMES || !name.includes(LOST))) {
      const stat = this.#reader.stat(name);
      if (stat === null) return null;
      if (stat !== undefined && stat.kind !== "link") return { name, stat };
    }
    try {
      const stats = this.#calls.lstat(this.#folder.at(name));
      return stats instanceof Promise ? stats.catch(() => null) : stats;
    } catch {
      return null;
    }
  }

  #described(
    name: string,
    look: Answer<Look>,
  ): Answer<DirectoryEntry | null> {
    if (look instanceof Promise) {
      return look.then((seen) => this.#described(name, seen));
    }
    return look === null || "stat" in look ? look : this.#entry(name, look);
  }

  #entry(name: string, stats: AnyStats): Answer<DirectoryEntry | null> {
    if (!stats.isSymbolicLink()) return { name, stat: localStat(stats) };
    return this.#options.stat === "self"
      ? this.#link(name, stats)
      : this.#linked(name);
  }

  /** A link as itself. */
  async #link(name: string, stats: AnyStats): Promise<DirectoryEntry> {
    const stat = localStat(stats);
    try {
      const says = await this.#calls.readlink(this.#folder.at(name));
      return { name, stat, target: await this.#shown(says, name) };
    } catch {
      return { name, stat };
    }
  }

  /** What a link leads to. */
  async #linked(name: string): Promise<DirectoryEntry | null> {
    try {
      const place = await this.#jail.entry(this.#folder, name);
      try {
        return { name, stat: localStat(await this.#calls.stat(place.path)) };
      } finally {
        place.release();
      }
    } catch {
      return null;
    }
  }

  /**
   * The target of a link for the eyes of a client: as the link says it, but in
   * terms of the shared folder where it names real folders above that.
   */
  async #shown(target: string, name: string): Promise<string> {
    const { root } = this.#jail;
    const { real } = this.#folder;
    const end = await this.#jail.resolve(name, this.#folder);
    const climbs = joinPaths(`.${virtualPath(root, real)}`, target)
      .startsWith("..");
    return topOf(target) !== "" || climbs ? virtualPath(root, end) : target;
  }
}

/** See `FolderReader.names`. */
async function* namesOf(
  reader: FolderReader,
): AsyncGenerator<string[], void, void> {
  for (let names = reader.names(); names !== null; names = reader.names()) {
    yield names;
  }
}

/**
 * Gives names back the bytes that `node:fs` lost when it read them as text.
 * Reading all names as bytes takes twice as long; one folder in a thousand
 * needs it.
 */
class RawNames {
  readonly #calls: FileCalls;
  readonly #folder: Place;
  #waiting: Map<string, string[]> | null = null;

  constructor(calls: FileCalls, folder: Place) {
    this.#calls = calls;
    this.#folder = folder;
  }

  /** Names that are gone by now are left out. */
  restore(names: readonly string[]): string[] {
    this.#waiting ??= this.#read();
    const restored: string[] = [];
    for (const name of names) {
      const raw = isLossy(name)
        ? this.#waiting.get(lossyKey(name))?.pop()
        : name;
      if (raw !== undefined) restored.push(raw);
    }
    return restored;
  }

  #read(): Map<string, string[]> {
    const waiting = new Map<string, string[]>();
    for (const bytes of this.#calls.readRawNames(this.#folder.path)) {
      const key = lossyKeyOf(bytes);
      if (!isLossy(key)) continue;
      const same = waiting.get(key);
      if (same === undefined) waiting.set(key, [hostText(bytes)]);
      else same.push(hostText(bytes));
    }
    return waiting;
  }
}
