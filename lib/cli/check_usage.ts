/** What `check --help` prints. */
export const CHECK_USAGE: string = `\
Usage: anyftpd check FILE

Check a configuration file (TOML, or JSON when its name ends in .json), with
folders, users and certificate that it names, without listening. Log files are
not opened. Variables ANYFTPD_... count as they do for 'anyftpd --config FILE'. Each mistake is one
line with file, line, column and key; the exit code is 0 without mistakes.
`;
