/*
 * What a caller learns where the agent did not answer. No text of ours holds a byte of a request, an answer or a path.
 */
#include <string.h>

#include "bridge.h"

/* Bytes for an answer of our own: four for each byte of the longest text. */
#define OWN_BYTES ((size_t)4 * 1024)

/*
 * The code is the official library's on Linux: its clients have a text for -2 and -5. Where the code is 0, the caller gets an answer of
 * our own with the text. The official clients show that as the message of an error, so a person learns what to do.
 */
static const struct {
  int32_t code;
  const char *text;
} told[] = {
    [ANSWERED] = {0, ""},
    [NO_AGENT] = {-2, "no Postern agent is running; start it with `postern agent start`"},
    [LOST] = {-5, "the connection to the Postern agent ended before it answered; look whether it was done before you ask again"},
    [NO_MEMORY] = {-1, "there is not enough memory, or there are too many open files or threads, for the call"},
    [UNUSABLE_PLACE] = {0, "the place of the Postern agent's socket cannot be used: POSTERN_SOCKET, POSTERN_HOME and HOME must be "
                           "absolute paths, and the socket's path must be shorter than 108 bytes"},
    [UNTRUSTED] = {0, "the Postern agent's socket is not trusted, so nothing was sent: it, its folder and the program behind it must be "
                      "yours, and closed to other users; run `postern status` to see more"},
    [SILENT] = {0, "the Postern agent does not answer; restart it with `postern agent restart`"},
    [REFUSED] = {0, "the Postern agent refused its bridge library, which may be of another version; run `postern agent restart`, and "
                    "`postern bridge install` as root"},
    [EMPTY] = {0, "the request is empty"},
    [TOO_LARGE] = {0, "the request is larger than 72 MiB, and was not sent; send less in one call, or use Postern's own client"},
    [ANSWER_TOO_LARGE] = {0, "the answer is larger than 72 MiB; ask for less in one call, or use Postern's own client"},
    [NO_ENVELOPE] = {0, "the Postern agent sent something else than an answer; run `postern agent restart`"},
    [UNREAD] = {-5, "the Postern agent ended before it had read the request"},
};

const char *text_of_outcome(enum outcome outcome) { return told[outcome].text; }

static void put_text(struct line *line, const char *text) {
  size_t size = strlen(text);
  memcpy(line->bytes + line->size, text, size);
  line->size += size;
}

/* Each byte as a number, as every official client reads it. ASCII has at most three digits. */
static void put_numbers(struct line *line, const char *text) {
  for (const char *at = text; *at != '\0'; at++) {
    unsigned value = (unsigned char)*at;
    if (line->bytes[line->size - 1] != '[') line->bytes[line->size++] = ',';
    if (value >= 100) line->bytes[line->size++] = (uint8_t)('0' + value / 100);
    if (value >= 10) line->bytes[line->size++] = (uint8_t)('0' + value / 10 % 10);
    line->bytes[line->size++] = (uint8_t)('0' + value % 10);
  }
}

/* The texts are ours: they need no escapes. Their longest has some two hundred characters, so four bytes for each fit. */
static bool put_own_answer(struct line *line, const char *text) {
  if (!grow_line(line, OWN_BYTES)) return false;
  put_text(line, "{\"success\":false,\"payload\":[");
  put_numbers(line, "{\"name\":\"Internal\",\"message\":\"");
  put_numbers(line, text);
  put_numbers(line, "\"}");
  put_text(line, "]}");
  return true;
}

/* Gives the caller an answer of our own where the outcome has one. Returns the code. */
int32_t finish(enum outcome outcome, struct line *answer) {
  if (outcome == ANSWERED || told[outcome].code != 0) return told[outcome].code;
  return put_own_answer(answer, told[outcome].text) ? 0 : told[NO_MEMORY].code;
}
