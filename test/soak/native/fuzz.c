/*
 * Feeds the native command's readers with made-up bytes: answers in place of the agent's, references and values in place of the user's. The
 * bytes lie at the end of their own memory, so that AddressSanitizer sees a read behind them.
 *
 * libFuzzer calls it with its inputs. Where the compiler has no libFuzzer, main() makes random inputs: fuzz SECONDS SEED.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../../clients/native/native.h"

static void demand(bool holds) {
  if (!holds) abort();
}

static void check_text(struct text text, const uint8_t *line, size_t size) {
  demand(text.bytes >= line && text.bytes + text.size <= line + size);
  for (size_t at = 0; at < text.size;) {
    size_t length = utf8_length(text.bytes + at, text.size - at);
    demand(length > 0);
    at += length;
  }
}

static struct text copy_of(const uint8_t *bytes, size_t size) {
  uint8_t *own = malloc(size + (size == 0));
  if (size > 0) memcpy(own, bytes, size);
  return (struct text){own, size};
}

static void check_answer(int which, const uint8_t *bytes, size_t size) {
  struct text line = copy_of(bytes, size), secret, secrets[REFERENCES_MAX];
  if (which == 0) check_hello(line);
  if (which == 1 && secret_in(line, &secret)) check_text(secret, line.bytes, size);
  if (which > 1) {
    size_t count = (size_t)which % (REFERENCES_MAX + 1);
    if (secrets_in(line, secrets, count))
      for (size_t index = 0; index < count; index++) check_text(secrets[index], line.bytes, size);
  }
  free(line.bytes);
}

/* What is written for a reference is read back as the same bytes. */
static void check_reference(const uint8_t *bytes, size_t size) {
  static struct request request;
  char *text = malloc(size + 1);
  memcpy(text, bytes, size);
  text[size] = '\0';
  enum kind kind = kind_of(text);
  if (kind == REFERENCE) demand(strlen(text) <= REFERENCE_BYTES_MAX && strncmp(text, "op://", 5) == 0);
  if (kind == PLAIN) demand(strstr(text, "op://") == NULL);
  if (is_utf8(text)) {
    request = (struct request){.size = 0};
    put_string(&request, text);
    struct json json = {request.bytes, request.bytes + request.size};
    struct text raw;
    if (!request.overflown) {
      demand(take_string(&json, &raw) && json.at == json.end);
      demand(decode(raw) == strlen(text) && memcmp(raw.bytes, text, strlen(text)) == 0);
    }
  }
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The first byte says what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  if (size == 0) return 0;
  if (bytes[0] == 'r') check_reference(bytes + 1, size - 1);
  else check_answer(bytes[0] % 128, bytes + 1, size - 1);
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

/* Whole answers, which the random inputs change in places. */
static const char *const likely[] = {
    "0{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":2,\"features\":[\"a\"],\"notices\":[],\"limits\":{\"a\":-1.5e+3}}}",
    "1{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"secret\":\"a\\n\\u00e9\\ud83d\\ude00\",\"cached\":true,\"stale\":false}}",
    "\002{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"outcomes\":[{\"secret\":\"\\\\\",\"stale\":false},{\"stale\":false,\"secret\":\"b\"}]}}",
    "rop://vault/item/field?attribute=otp",
};

int main(int count, char **words) {
  if (count != 3) return 2;
  time_t end = time(NULL) + atoi(words[1]);
  state = strtoull(words[2], NULL, 10) | 1;
  uint64_t runs = 0;
  for (; time(NULL) < end; runs++) {
    const char *from = likely[next_number() % 4];
    size_t size = strlen(from), changes = next_number() % 6;
    uint8_t bytes[512];
    memcpy(bytes, from, size);
    bytes[0] = from[0] == '0' ? 0 : from[0] == '1' ? 1 : (uint8_t)from[0];
    for (size_t change = 0; change < changes; change++) {
      size_t at = 1 + next_number() % (size - 1);
      if (next_number() % 3 == 0) size = at + 1;
      bytes[at] = next_number() % 2 == 0 ? (uint8_t)next_number() : (uint8_t)"{}[]\":,\\u0d8e-"[next_number() % 14];
      if (size < 3) break;
    }
    LLVMFuzzerTestOneInput(bytes, size);
  }
  printf("%llu\n", (unsigned long long)runs);
}
#endif
