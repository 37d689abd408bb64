/*
 * Reads the JSON of one answer, strictly: RFC 8259 without blanks, as the agent writes it. A text is checked before anything in it is
 * used. Containers are followed in a loop with a bounded depth, never by recursion, so that no answer can use up the stack.
 */
#include <string.h>

#include "native.h"

/* Containers within each other. The agent's answers have four. */
#define DEPTH_MAX 32

static size_t left(const struct json *json) { return (size_t)(json->end - json->at); }

/* Moves behind the expected bytes. */
bool take(struct json *json, const char *expected) {
  size_t size = strlen(expected);
  if (left(json) < size || memcmp(json->at, expected, size) != 0) return false;
  json->at += size;
  return true;
}

static bool take_digits(struct json *json) {
  const uint8_t *begin = json->at;
  while (left(json) > 0 && *json->at >= '0' && *json->at <= '9') json->at++;
  return json->at > begin;
}

static bool take_number(struct json *json) {
  take(json, "-");
  if (!take(json, "0") && !take_digits(json)) return false;
  if (take(json, ".") && !take_digits(json)) return false;
  if (!take(json, "e") && !take(json, "E")) return true;
  if (!take(json, "+")) take(json, "-");
  return take_digits(json);
}

static int hex_digit(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

/* The unit of UTF-16 in four digits, or -1. */
static int32_t hex_unit(const uint8_t *at, size_t size) {
  if (size < 4) return -1;
  int32_t unit = 0;
  for (int digit = 0; digit < 4; digit++) {
    int value = hex_digit(at[digit]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

static bool is_high(int32_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
static bool is_low(int32_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

/* The bytes of an escape that begins at a backslash. 0 for none, and for half a pair of surrogates. */
static size_t escape_length(const uint8_t *at, size_t size) {
  if (size < 2) return 0;
  if (at[1] != 'u') return at[1] != '\0' && strchr("\"\\/bfnrt", at[1]) != NULL ? 2 : 0;
  int32_t unit = hex_unit(at + 2, size - 2);
  if (unit < 0 || is_low(unit)) return 0;
  if (!is_high(unit)) return 6;
  if (size < 12 || at[6] != '\\' || at[7] != 'u') return 0;
  return is_low(hex_unit(at + 8, size - 8)) ? 12 : 0;
}

/* Moves behind a string. `raw` is what stands between the quotes, with its escapes. */
bool take_string(struct json *json, struct text *raw) {
  if (!take(json, "\"")) return false;
  uint8_t *begin = json->at;
  while (left(json) > 0 && *json->at != '"') {
    if (*json->at < 0x20) return false;
    size_t length = *json->at == '\\' ? escape_length(json->at, left(json)) : utf8_length(json->at, left(json));
    if (length == 0) return false;
    json->at += length;
  }
  *raw = (struct text){begin, (size_t)(json->at - begin)};
  return take(json, "\"");
}

static bool take_key(struct json *json) {
  struct text key;
  return take_string(json, &key) && take(json, ":");
}

static bool take_scalar(struct json *json) {
  struct text string;
  if (left(json) > 0 && *json->at == '"') return take_string(json, &string);
  return take(json, "true") || take(json, "false") || take(json, "null") || take_number(json);
}

/* Moves behind a value of any kind. */
bool skip_value(struct json *json) {
  char closing[DEPTH_MAX + 1] = "";
  size_t depth = 0;
  for (;;) {
    bool is_object = left(json) > 0 && *json->at == '{', is_open = false;
    if (is_object || (left(json) > 0 && *json->at == '[')) {
      if (depth == DEPTH_MAX) return false;
      json->at++;
      closing[depth++] = is_object ? '}' : ']';
      is_open = left(json) > 0 && *json->at != (uint8_t)closing[depth - 1];
      if (is_open && is_object && !take_key(json)) return false;
    } else if (!take_scalar(json)) {
      return false;
    }
    while (!is_open) {
      if (depth == 0) return true;
      if (left(json) == 0) return false;
      uint8_t byte = *json->at++;
      is_open = byte == ',';
      if (!is_open && byte != (uint8_t)closing[depth - 1]) return false;
      if (!is_open) depth--;
      else if (closing[depth - 1] == '}' && !take_key(json)) return false;
    }
  }
}

/*
 * Moves to the next value of an object, and gives its key. A key in escapes could be another one that has been there. `begun` is false before the first one.
 */
enum step next_key(struct json *json, bool *begun, struct text *key) {
  bool is_first = !*begun;
  *begun = true;
  if (is_first && !take(json, "{")) return WRONG;
  if (take(json, "}")) return END;
  if (!is_first && !take(json, ",")) return WRONG;
  if (!take_string(json, key) || !take(json, ":")) return WRONG;
  return memchr(key->bytes, '\\', key->size) == NULL ? KEY : WRONG;
}

/* The same for an array. */
enum step next_value(struct json *json, bool *begun) {
  bool is_first = !*begun;
  *begun = true;
  if (is_first && !take(json, "[")) return WRONG;
  if (take(json, "]")) return END;
  return is_first || take(json, ",") ? KEY : WRONG;
}

bool is_text(struct text text, const char *expected) {
  return text.size == strlen(expected) && memcmp(text.bytes, expected, text.size) == 0;
}

static size_t put_character(uint8_t *to, uint32_t character) {
  if (character < 0x80) return to[0] = (uint8_t)character, 1;
  size_t tail = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
  to[0] = (uint8_t)(first[tail] | character >> (6 * tail));
  for (size_t at = 1; at <= tail; at++) to[at] = (uint8_t)(0x80 | (character >> (6 * (tail - at)) & 0x3f));
  return tail + 1;
}

/* The character of an escape, which take_string() has checked. */
static uint32_t character_of(const uint8_t *escape, size_t length) {
  static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
  if (length == 2) {
    const char *name = strchr(names, escape[1]);
    return name == NULL ? escape[1] : (uint32_t)values[name - names];
  }
  uint32_t unit = (uint32_t)hex_unit(escape + 2, 4);
  if (length == 6) return unit;
  return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t)hex_unit(escape + 8, 4) - 0xdc00);
}

/* Replaces the escapes of a string in its own place, since no escape is shorter than its character. Returns the new size. */
size_t decode(struct text raw) {
  size_t from = 0, to = 0;
  while (from < raw.size) {
    if (raw.bytes[from] != '\\') {
      raw.bytes[to++] = raw.bytes[from++];
      continue;
    }
    size_t length = escape_length(raw.bytes + from, raw.size - from);
    to += put_character(raw.bytes + to, character_of(raw.bytes + from, length));
    from += length;
  }
  return to;
}
