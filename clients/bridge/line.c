/*
 * One line out, one line in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge.h"

/* Bytes that an answer begins with. Nearly every secret fits, so few answers are copied to a larger place. */
#define FIRST_BYTES ((size_t)4 * 1024)
/* Bytes of a request that are sent at once. They are copied to the stack, since the caller owns the message. */
#define CHUNK_BYTES ((size_t)32 * 1024)

/* MSG_NOSIGNAL: an agent that ends must not end the program by SIGPIPE. */
enum outcome send_bytes(int fd, const uint8_t *bytes, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? SILENT : UNREAD;
    bytes += sent;
    size -= (size_t)sent;
  }
  return ANSWERED;
}

/* A line feed between two parts of a JSON text is white space. It becomes a space, since it would end the line. */
enum outcome send_line(int fd, const uint8_t *message, size_t size) {
  uint8_t chunk[CHUNK_BYTES];
  enum outcome outcome = ANSWERED;
  for (size_t done = 0; done <= size && outcome == ANSWERED;) {
    size_t count = size - done < sizeof chunk ? size - done : sizeof chunk;
    memcpy(chunk, message + done, count);
    for (uint8_t *found = memchr(chunk, '\n', count); found != NULL; found = memchr(found, '\n', count - (size_t)(found - chunk))) *found = ' ';
    done += count;
    if (count < sizeof chunk) chunk[count++] = '\n', done++;
    outcome = send_bytes(fd, chunk, count);
  }
  explicit_bzero(chunk, sizeof chunk);
  return outcome;
}

void wipe_line(struct line *line) {
  if (line->bytes != NULL) explicit_bzero(line->bytes, line->capacity);
  free(line->bytes);
  *line = (struct line){0};
}

/* realloc() could leave a copy behind. */
bool grow_line(struct line *line, size_t most) {
  size_t capacity = line->capacity == 0 ? FIRST_BYTES : line->capacity * 2;
  if (capacity > most) capacity = most;
  struct line larger = {malloc(capacity), line->size, capacity};
  if (larger.bytes == NULL) return false;
  if (line->size > 0) memcpy(larger.bytes, line->bytes, line->size);
  wipe_line(line);
  *line = larger;
  return true;
}

/*
 * Whether the end of the connection shows that the request was not read whole. Linux answers ECONNRESET only where the other side closed
 * with bytes that it had not read. The line's end is the last byte of a request, so it was among them.
 */
static enum outcome end_of(ssize_t got) {
  if (got == 0) return LOST;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return SILENT;
  return errno == ECONNRESET ? UNREAD : LOST;
}

/* Reads one line of at most `most` bytes, and takes its end off. Bytes behind the line are an error: nobody asked for them. */
enum outcome receive_line(int fd, size_t most, struct line *line) {
  for (;;) {
    if (line->size == line->capacity && line->size > most) return ANSWER_TOO_LARGE;
    if (line->size == line->capacity && !grow_line(line, most + 1)) return NO_MEMORY;
    uint8_t *place = line->bytes + line->size;
    ssize_t got = recv(fd, place, line->capacity - line->size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return line->size > 0 ? LOST : end_of(got);
    line->size += (size_t)got;
    const uint8_t *end = memchr(place, '\n', (size_t)got);
    if (end == NULL) continue;
    if (end != line->bytes + line->size - 1) return NO_ENVELOPE;
    line->size--;
    return ANSWERED;
  }
}

bool begins_with(const struct line *line, const char *text) {
  size_t size = strlen(text);
  return line->size >= size && memcmp(line->bytes, text, size) == 0;
}
