// deno-lint-ignore-file no-console -- a program that prints

/**
 * Keeps hashes in place of passwords. The hash is made once, by
 * `hashPassword` or `anyftpd hash --scheme pbkdf2`, and stored anywhere; here
 * it is made at the start. Users in a file, with scrypt, Argon2 and limits of
 * their own, are what `UsersAuthorizer` and `anyftpd --users` are for.
 *
 * @module
 */

import {
  hashPassword,
  localFileSystem,
  MemoryAuthorizer,
  serve,
} from "anyftpd";

const hash = await hashPassword("12345");

const authorizer = new MemoryAuthorizer();
authorizer.addUser({
  username: "user",
  password: { hash },
  fileSystem: localFileSystem("."),
  permissions: "elradfmw",
});

const server = await serve({ port: 2121, authorizer });
console.log(`Listening on port ${server.address.port}`);
