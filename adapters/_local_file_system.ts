import { constants, statSync } from "node:fs";
import { promises as pooled } from "node:fs";
import { ConfigError } from "../lib/base/errors.ts";
import { checkPath, splitPath } from "../lib/fs/check_path.ts";
import type {
  DirectoryEntry,
  FileHandle,
  FileStat,
  FileSystem,
  ListOptions,
  OpenMode,
} from "../lib/spi/file_system.ts";
import { DescriptorJail } from "./_descriptor_jail.ts";
import {
  blockingCalls,
  callsFor,
  type FileCalls,
  pooledCalls,
} from "./_file_calls.ts";
import { fileError, fileErrorCode, makeFileError } from "./_file_errors.ts";
import { hostPath } from "./_host_path.ts";
import {
  type Jail,
  joinPaths,
  type Place,
  realPath,
  virtualPath,
} from "./_jail.ts";
import { LocalFileHandle } from "./_local_file_handle.ts";
import { LocalListing } from "./_local_listing.ts";
import { kindOf, localStat } from "./_local_stat.ts";
import { PathJail } from "./_path_jail.ts";
