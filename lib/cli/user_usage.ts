/** What `user --help` prints. */
export const USER_USAGE: string = `\
Usage: anyftpd user add NAME --users FILE [options]
       anyftpd user passwd NAME --users FILE [password options]
       anyftpd user del NAME --users FILE
       anyftpd user list --users FILE [--json]

Change or show the users that 'anyftpd --users FILE' lets in. A file that is not
there is made by 'add'. A running server notices.

Options:
      --users FILE             the users (JSON, or TOML when its name ends in
                               .toml)
      --json                   list all that the file says, but no passwords

Password options, for add and passwd; without them, the password is asked for at
the terminal, or read from the first line of standard input:
  -P, --password TEXT          other users of this machine can see it
      --password-file FILE     read it from the first line of FILE; - is
                               standard input
      --scheme NAME            how to hash it: scrypt, pbkdf2 or argon2id
                               (default: scrypt)

Options for add:
  -d, --directory DIRECTORY    folder of the user (default: what the server
                               shares)
      --home PATH              where sessions start, as the user sees it
                               (default: /)
  -w, --write                  let the user change and delete files
      --permissions LETTERS    the same in detail, out of elradfmwMT
                               (default: what the server lets all users do)
      --disabled               not to be let in yet
      --expires DATE           not to be let in from this day on, such as
                               2030-12-31
      --networks LIST          let in from there only; commas between networks
                               such as 192.168.0.0/16
      --max-sessions N         sessions at the same time; 0 is no limit
      --download-rate RATE     bytes per second, such as 800K or 1.5M
      --upload-rate RATE       the same for uploads
      --quota SIZE             bytes of all files in the user's folder, such as
                               500M or 10G
      --max-files N            files and folders in it
      --tls-required           not to be let in without TLS
  -h, --help                   print this help and exit

The user anonymous gets in with any password, unless it is given one.
`;

/** What `hash --help` prints. */
export const HASH_USAGE: string = `\
Usage: anyftpd hash [options]

Print the hash of a password, for a users file. It is asked for at the terminal,
or read from the first line of standard input.

Options:
  -P, --password TEXT          other users of this machine can see it
      --password-file FILE     read it from the first line of FILE; - is
                               standard input
      --scheme NAME            scrypt, pbkdf2 or argon2id (default: scrypt)
  -h, --help                   print this help and exit
`;
