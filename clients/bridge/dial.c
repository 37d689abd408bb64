/*
 * Opens a connection: connect, look who listens, say hello.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bridge.h"

/* Bytes of the agent's answer to the hello. It has some hundred, and a list of limits and features may grow. */
#define HELLO_BYTES_MAX ((size_t)64 * 1024)
/* Seconds that an agent may take to accept a connection and to answer the hello. It needs a thousandth of that. Nobody is asked there. */
#define HELLO_SECONDS_MAX 10

/* The build sets the version of Postern. `postern bridge status` reads it from the compiled library, out of the text below. */
#ifndef POSTERN_BRIDGE_VERSION
#define POSTERN_BRIDGE_VERSION "0.0.0"
#endif

static const char HELLO[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"agent.hello\",\"params\":{\"protocol\":2,\"client\":"
                            "{\"name\":\"postern-bridge\",\"version\":\"" POSTERN_BRIDGE_VERSION "\"},\"door\":\"sdk\"}}\n";

/* Seconds for one step of sending or receiving. 0 waits without end: a person may be asked. */
static void set_patience(int fd, time_t seconds) {
  struct timeval patience = {.tv_sec = seconds};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static bool is_own_peer(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer && peer.uid == geteuid();
}

/* The place behind a JSON string that begins at `at`. */
static size_t end_of_string(const uint8_t *text, size_t size, size_t at) {
  for (at++; at < size && text[at] != '"'; at++)
    if (text[at] == '\\') at++;
  return at < size ? at + 1 : size;
}

/* Whether an object has the key "result" itself: only an accepted hello has it. */
bool has_result(const uint8_t *text, size_t size) {
  static const char key[] = "\"result\":";
  int depth = 0;
  for (size_t at = 0; at < size; at++) {
    if (text[at] == '{' || text[at] == '[') depth++;
    if (text[at] == '}' || text[at] == ']') depth--;
    if (text[at] != '"') continue;
    if (depth == 1 && size - at >= sizeof key - 1 && memcmp(text + at, key, sizeof key - 1) == 0) return true;
    at = end_of_string(text, size, at) - 1;
  }
  return false;
}

static enum outcome hello(int fd) {
  struct line answer = {0};
  enum outcome outcome = send_bytes(fd, (const uint8_t *)HELLO, sizeof HELLO - 1);
  if (outcome == ANSWERED) outcome = receive_line(fd, HELLO_BYTES_MAX, &answer);
  if (outcome == ANSWERED && !has_result(answer.bytes, answer.size)) outcome = REFUSED;
  if (outcome == ANSWER_TOO_LARGE || outcome == NO_ENVELOPE) outcome = REFUSED;
  wipe_line(&answer);
  return outcome == UNREAD ? LOST : outcome;
}

static enum outcome connect_to(int fd, const struct sockaddr_un *place) {
  int failed;
  do failed = connect(fd, (const struct sockaddr *)place, sizeof *place);
  while (failed != 0 && errno == EINTR);
  if (failed == 0) return is_own_peer(fd) ? ANSWERED : UNTRUSTED;
  if (errno == EAGAIN) return SILENT;
  return errno == ECONNREFUSED || errno == ENOENT || errno == ENOTDIR ? NO_AGENT : UNTRUSTED;
}

/* Makes a connection of the socket. The patience is for the steps in which nobody is asked. */
enum outcome dial(int fd, const struct sockaddr_un *place) {
  set_patience(fd, HELLO_SECONDS_MAX);
  enum outcome outcome = connect_to(fd, place);
  if (outcome == ANSWERED) outcome = hello(fd);
  set_patience(fd, 0);
  return outcome;
}
