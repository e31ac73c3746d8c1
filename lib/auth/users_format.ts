import type { UserEntry, UsersEntry } from "./users_file.ts";

/** What one command changes in a users file. */
export type UsersChange =
  | {
    readonly kind: "add";
    readonly name: string;
    readonly user: UserEntry;
  }
  | {
    readonly kind: "password";
    readonly name: string;
    readonly hash: string;
  }
  | { readonly kind: "remove"; readonly name: string };

/** How a users file is written; the members mean the same in every format. */
export interface UsersFormat {
  /** For people: `JSON`. */
  readonly name: string;
  /**
   * The value that a text stands for, in the terms of JSON.
   *
   * @throws {Error} it is no such text; the message quotes none of it
   */
  parse(text: string): unknown;
  /**
   * The text after a change.
   *
   * @param text before; `null`: there is no file yet
   * @param after what the file shall say
   * @throws {Error} this text cannot be changed by a program
   */
  change(text: string | null, change: UsersChange, after: UsersEntry): string;
}

/** A users file in JSON. */
export const jsonUsers: UsersFormat = {
  name: "JSON",
  parse(text) {
    try {
      return JSON.parse(text.replace(/^\ufeff/, ""));
    } catch (cause) {
      const { message } = cause as Error;
      throw new SyntaxError(withoutText(message), { cause });
    }
  },
  change: (_text, _change, after) => JSON.stringify(after, null, 2) + "\n",
};

/** V8 quotes what it stumbled over, which may be a hash. */
function withoutText(message: string): string {
  return message.replace(/,?\s*(\.\.\.\s*)?"[\s\S]*" *(\.\.\.)?.*$/, "");
}
