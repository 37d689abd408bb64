/*
 * Writes the requests. A request that does not fit is marked, and never sent.
 */
#include <string.h>
#include <unistd.h>

#include "native.h"

/* The build sets both. */
#ifndef POSTERN_VERSION
#define POSTERN_VERSION "0.0.0"
#define POSTERN_PROTOCOL "2"
#endif

static void put_bytes(struct request *request, const void *bytes, size_t size) {
  if (size > REQUEST_BYTES_MAX - request->size) request->overflown = true;
  if (request->overflown) return;
  memcpy(request->bytes + request->size, bytes, size);
  request->size += size;
}

void put(struct request *request, const char *text) { put_bytes(request, text, strlen(text)); }

/* Writes a text as a string of JSON. The text must be UTF-8. */
void put_string(struct request *request, const char *text) {
  static const char digits[] = "0123456789abcdef";
  put(request, "\"");
  for (; *text != '\0'; text++) {
    uint8_t byte = (uint8_t)*text;
    char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 0xf]};
    if (byte < 0x20) put_bytes(request, escape, sizeof escape);
    else if (byte == '"' || byte == '\\') put_bytes(request, (char[]){'\\', *text}, 2);
    else put_bytes(request, text, 1);
  }
  put(request, "\"");
}

/* The greeting of the Node command. Where a person reads stderr, it asks for notices too; an answer with one is for the Node command. */
void put_hello(struct request *request) {
  put(request, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"agent.hello\",\"params\":{\"protocol\":" POSTERN_PROTOCOL
               ",\"client\":{\"name\":\"postern\",\"version\":\"" POSTERN_VERSION "\"}");
  put(request, isatty(STDERR_FILENO) ? ",\"notices\":true}}\n" : "}}\n");
}
