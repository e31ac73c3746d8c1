/*
 * The other end for "ftpbench --ceiling": as little program as a kernel allows,
 * so that what limits is the client.
 *
 *   raw_peer source BYTES   sends BYTES to whoever connects
 *   raw_peer sink           takes and discards, then closes
 *   raw_peer replies        answers each line of a login without looking at it
 *   raw_peer fetch PORT     connects, takes and discards; prints the bytes
 *   raw_peer push PORT N    connects and sends N bytes
 *
 * Servers print their port, take one connection at a time, and run until they
 * are killed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BLOCK (256 * 1024)

static char block[BLOCK];

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int listen_anywhere(void) {
  struct sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 ||
      listen(fd, 128) < 0 ||
      getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
    perror("raw_peer");
    exit(1);
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static int connect_to(int port) {
  struct sockaddr_in address = loopback(port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("raw_peer");
    exit(1);
  }
  return fd;
}

static void push(int fd, long long left) {
  while (left > 0) {
    size_t want = left < BLOCK ? (size_t)left : BLOCK;
    ssize_t n = write(fd, block, want);
    if (n <= 0) break;
    left -= n;
  }
}

static long long take(int fd) {
  long long total = 0;
  ssize_t n;
  while ((n = read(fd, block, BLOCK)) > 0) total += n;
  return total;
}

static void say(int fd, const char *line) {
  ssize_t n = write(fd, line, strlen(line));
  (void)n;
}

static void answer(int fd) {
  char line[512];
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  say(fd, "220 ready\r\n");
  while (read(fd, line, sizeof line) > 0) {
    say(fd, line[0] == 'U' ? "331 go on\r\n" : "230 done\r\n");
    if (line[0] == 'P') break;
  }
}

int main(int argc, char **argv) {
  const char *role = argc > 1 ? argv[1] : "";
  signal(SIGPIPE, SIG_IGN);
  memset(block, 'x', sizeof block);
  if (strcmp(role, "fetch") == 0 && argc > 2) {
    printf("%lld\n", take(connect_to(atoi(argv[2]))));
    return 0;
  }
  if (strcmp(role, "push") == 0 && argc > 3) {
    int fd = connect_to(atoi(argv[2]));
    push(fd, atoll(argv[3]));
    shutdown(fd, SHUT_WR);
    take(fd); /* the sink closes when it has everything */
    return 0;
  }
  int server = listen_anywhere();
  for (;;) {
    int fd = accept(server, NULL, NULL);
    if (fd < 0) return 1;
    if (strcmp(role, "source") == 0 && argc > 2) push(fd, atoll(argv[2]));
    else if (strcmp(role, "sink") == 0) take(fd);
    else if (strcmp(role, "replies") == 0) answer(fd);
    else return 2;
    close(fd);
  }
}
