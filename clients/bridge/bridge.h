/*
 * What the files of the bridge share. README.md says how a byte flows through them.
 */
#ifndef POSTERN_BRIDGE_H
#define POSTERN_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

/* Bytes of one line without its end. The largest official message has 50 MiB, which is 67 MiB in base64. The rest is for the envelope. */
#define LINE_BYTES_MAX ((size_t)72 * 1024 * 1024)
/* Connections of one process, so calls at once. The agent serves 480 in all, which is room for fifteen busy programs. */
#define CONNECTIONS_MAX 32

/* What can happen to a call. */
enum outcome {
  ANSWERED,
  NO_AGENT,
  LOST,
  NO_MEMORY,
  UNUSABLE_PLACE,
  UNTRUSTED,
  SILENT,
  REFUSED,
  EMPTY,
  TOO_LARGE,
  ANSWER_TOO_LARGE,
  NO_ENVELOPE,
  /* The agent closed the connection before it had read the whole request. */
  UNREAD,
};

/* Bytes that were received, or that are sent. They may hold a secret, so a place is wiped before it is given back. */
struct line {
  uint8_t *bytes;
  size_t size, capacity;
};

struct connection;

/* Says to a call that it shall end, since nobody waits for it any more. Guarded by the pool's lock. */
struct stop {
  bool stopped;
  struct connection *at;
};

/* place.c */
bool find_place(struct sockaddr_un *place);
enum outcome check_place(const struct sockaddr_un *place);

/* line.c */
enum outcome send_bytes(int fd, const uint8_t *bytes, size_t size);
enum outcome send_line(int fd, const uint8_t *message, size_t size);
enum outcome receive_line(int fd, size_t most, struct line *line);
bool begins_with(const struct line *line, const char *text);
bool grow_line(struct line *line, size_t most);
void wipe_line(struct line *line);

/* dial.c */
enum outcome dial(int fd, const struct sockaddr_un *place);
bool has_result(const uint8_t *text, size_t size);

/* pool.c */
enum outcome exchange(const struct sockaddr_un *place, const uint8_t *message, size_t size, struct line *answer, struct stop *stop);
void lock_pool(void);
void unlock_pool(void);
void wait_for_pool(void);
void tell_pool(void);
void stop_call(struct stop *stop);

/* answer.c */
const char *text_of_outcome(enum outcome outcome);
int32_t finish(enum outcome outcome, struct line *answer);

#endif
