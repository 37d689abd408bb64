/*
 * What the value of a variable is: a reference and nothing else, a value that only the Node command can judge, or any other text.
 */
#include <string.h>

#include "native.h"

#define PREFIX "op://"

static bool is_letter(uint8_t byte, char lower) { return (byte | 0x20) == (uint8_t)lower; }

/* ASCII's blanks. A byte of a longer character may be part of another blank, so it counts as one. */
static bool may_be_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte >= 0x80; }

/*
 * Whether a text holds what the Node command may take for a reference, or for a mistyped one: "op" in any case, blanks, and then a colon
 * or two slashes. That is more than the Node command warns about (clients/cli/text/reference-text.ts), and never less.
 */
static bool may_hold_reference(const char *text) {
  for (const uint8_t *at = (const uint8_t *)text; at[0] != '\0'; at++) {
    if (!is_letter(at[0], 'o') || !is_letter(at[1], 'p')) continue;
    const uint8_t *next = at + 2;
    while (may_be_blank(*next)) next++;
    if (next[0] == ':' || (next[0] == '/' && next[1] == '/')) return true;
  }
  return false;
}

enum kind kind_of(const char *value) {
  if (!may_hold_reference(value)) return PLAIN;
  if (strncmp(value, PREFIX, sizeof PREFIX - 1) != 0) return DOUBTFUL;
  // A variable in a reference is replaced by the Node command, and braces are another form.
  if (strpbrk(value, "${}") != NULL || strlen(value) > REFERENCE_BYTES_MAX) return DOUBTFUL;
  return is_utf8(value) ? REFERENCE : DOUBTFUL;
}
