/*
 * Reads lines from a connection that the fuzzer makes up: its pieces, its interruptions, its end. The linker puts this file's recv() in the place
 * of the system's. What the bridge read is compared with the bytes that were sent.
 *
 * libFuzzer calls it with its inputs. Where the compiler has no libFuzzer, main() makes random inputs: fuzz SECONDS SEED.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../../../clients/bridge/bridge.h"

static struct {
  const uint8_t *bytes;
  size_t size, read;
  /* How the connection goes on, one byte for each call of recv(). */
  const uint8_t *script;
  size_t script_size, step;
} wire;

ssize_t __wrap_recv(int fd, void *place, size_t room, int flags);

ssize_t __wrap_recv(int fd, void *place, size_t room, int flags) {
  (void)fd, (void)flags;
  uint8_t how = wire.step < wire.script_size ? wire.script[wire.step++] : 255;
  if (how == 0) return errno = EINTR, -1;
  size_t left = wire.size - wire.read, count = how == 255 ? left : how;
  if (left == 0) return how % 2 == 1 ? 0 : (errno = ECONNRESET, -1);
  if (count > left) count = left;
  if (count > room) count = room;
  memcpy(place, wire.bytes + wire.read, count);
  wire.read += count;
  return (ssize_t)count;
}

static void demand(bool holds) {
  if (!holds) abort();
}

static void check_line(size_t most) {
  struct line line = {0};
  enum outcome outcome = receive_line(-1, most, &line);
  const uint8_t *end = wire.size == 0 ? NULL : memchr(wire.bytes, '\n', wire.size);
  size_t length = end == NULL ? wire.size : (size_t)(end - wire.bytes);
  demand(line.size <= most + 1 && line.capacity <= most + 1);
  demand(line.size == 0 || memcmp(line.bytes, wire.bytes, line.size) == 0);
  if (length > most) demand(outcome == ANSWER_TOO_LARGE);
  else if (end == NULL) demand(outcome == LOST || (outcome == UNREAD && wire.size == 0));
  else demand(outcome == ANSWERED ? line.size == length : outcome == NO_ENVELOPE && wire.read > length + 1);
  begins_with(&line, "{\"success\":");
  if (line.size > 0) has_result(line.bytes, line.size);
  wipe_line(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first three bytes are the limit and the length of the script. The script and the line follow. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size < 3) return 0;
  size_t most = (size_t)bytes[0] << 8 | bytes[1], script = bytes[2];
  bytes += 3, size -= 3;
  if (script > size) script = size;
  wire.script = bytes, wire.script_size = script, wire.step = 0;
  wire.bytes = bytes + script, wire.size = size - script, wire.read = 0;
  check_line(most);
  return 0;
}

#ifdef POSTERN_SEEDED
static uint64_t state;

static uint32_t next_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)(state >> 32);
}

/* What a line of JSON is made of, and what ends it. */
static const char likely[] = "{}[]\":,\\\n \"result\":\"success\":";

int main(int count, char **words) {
  if (count != 3) return 2;
  time_t end = time(NULL) + atoi(words[1]);
  state = strtoull(words[2], NULL, 10) | 1;
  uint64_t runs = 0;
  for (; time(NULL) < end; runs++) {
    size_t size = next_number() % (next_number() % 8 == 0 ? 70000 : 200);
    uint8_t *bytes = malloc(size + 1);
    for (size_t at = 0; at < size; at++)
      bytes[at] = next_number() % 3 == 0 ? (uint8_t)next_number() : (uint8_t)likely[next_number() % (sizeof likely - 1)];
    if (size > 0 && next_number() % 2 == 0) bytes[0] = 0;
    LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
  }
  printf("%llu\n", (unsigned long long)runs);
}
#endif
