/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. Node replaces everything else by U+FFFD, so such
 * bytes are left to the Node command.
 */
#include <string.h>

#include "native.h"

static bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* The bytes of the first character. 0 where they are no UTF-8. */
size_t utf8_length(const uint8_t *bytes, size_t size) {
  if (size == 0) return 0;
  uint8_t first = bytes[0];
  if (first < 0x80) return 1;
  if (first < 0xc2 || size < 2 || !is_tail(bytes[1])) return 0;
  if (first < 0xe0) return 2;
  if (size < 3 || !is_tail(bytes[2])) return 0;
  if (first < 0xf0) {
    bool is_overlong = first == 0xe0 && bytes[1] < 0xa0, is_surrogate = first == 0xed && bytes[1] > 0x9f;
    return is_overlong || is_surrogate ? 0 : 3;
  }
  if (first > 0xf4 || size < 4 || !is_tail(bytes[3])) return 0;
  bool is_overlong = first == 0xf0 && bytes[1] < 0x90, is_too_high = first == 0xf4 && bytes[1] > 0x8f;
  return is_overlong || is_too_high ? 0 : 4;
}

bool is_utf8(const char *text) {
  size_t left = strlen(text);
  for (const uint8_t *at = (const uint8_t *)text; left > 0;) {
    size_t length = utf8_length(at, left);
    if (length == 0) return false;
    at += length, left -= length;
  }
  return true;
}
