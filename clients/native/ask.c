/*
 * One conversation: connect, look who listens, send both requests in one piece, read both answers. Nothing here waits longer than a
 * second in all. The Node command then asks again: it says what it waits for, and waits as long as a person does.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "native.h"

/* Milliseconds for the whole conversation. A warm read takes one, and a read from a service some hundred. */
#define CONVERSATION_MS_MAX 1000

static uint8_t received[ANSWER_BYTES_MAX];

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The kernel says who called listen(). A socket may lie in a folder of ours and be served by another user. */
static bool is_own_peer(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer && peer.uid == getuid();
}

/* Reads more of the answers. False at the deadline, at the end, and where there is no room. */
static bool receive_more(int fd, size_t *size, int64_t until) {
  for (;;) {
    ssize_t count = recv(fd, received + *size, ANSWER_BYTES_MAX - *size, 0);
    if (count > 0) return *size += (size_t)count, true;
    if (count == 0) return false;
    if (errno != EAGAIN && errno != EINTR) return false;
    int64_t left = until - now_ms();
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (left <= 0 || (poll(&ready, 1, (int)left) < 0 && errno != EINTR)) return false;
  }
}

/* The line that begins at `from`, without its end. */
static bool receive_line(int fd, size_t from, size_t *size, int64_t until, struct text *line) {
  for (size_t seen = from;;) {
    uint8_t *end = memchr(received + seen, '\n', *size - seen);
    if (end != NULL) return *line = (struct text){received + from, (size_t)(end - received) - from}, true;
    seen = *size;
    if (!receive_more(fd, size, until)) return false;
  }
}

static bool converse(int fd, const struct sockaddr_un *place, const struct request *request, struct text *answer) {
  int64_t until = now_ms() + CONVERSATION_MS_MAX;
  size_t size = 0;
  struct text hello;
  if (connect(fd, (const struct sockaddr *)place, sizeof *place) != 0 || !is_own_peer(fd)) return false;
  if (send(fd, request->bytes, request->size, MSG_NOSIGNAL) != (ssize_t)request->size) return false;
  if (!receive_line(fd, 0, &size, until, &hello) || !check_hello(hello)) return false;
  return receive_line(fd, hello.size + 1, &size, until, answer);
}

/* Asks the agent. True with the answer to the second request, which stays where it was received. */
bool ask(const struct request *request, struct text *answer) {
  struct sockaddr_un place;
  if (request->overflown || !find_place(&place) || !is_ours(&place)) return false;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  bool answered = converse(fd, &place, request, answer);
  close(fd);
  return answered;
}
