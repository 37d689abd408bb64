/*
 * The bridge from the official 1Password SDKs to the agent. These are the two functions that Go and Python call. Node loads the same library as
 * an add-on (addon.c).
 *
 * It moves bytes and decides nothing. A request is one line to the agent, and the answer is one line back. It prints nothing.
 */
#include "bridge.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int32_t op_sdk_ipc_send_message(const uint8_t *message, size_t size, uint8_t **out, size_t *out_size, size_t *out_capacity);
EXPORTED void op_sdk_ipc_free_response(uint8_t *bytes, size_t size, size_t capacity);

int32_t op_sdk_ipc_send_message(const uint8_t *message, size_t size, uint8_t **out, size_t *out_size, size_t *out_capacity) {
  struct sockaddr_un place;
  struct line answer = {0};
  struct stop never = {0};
  enum outcome outcome = find_place(&place) ? exchange(&place, message, size, &answer, &never) : UNUSABLE_PLACE;
  int32_t code = finish(outcome, &answer);
  if (code != 0) return code;
  *out = answer.bytes;
  *out_size = answer.size;
  *out_capacity = answer.capacity;
  return 0;
}

void op_sdk_ipc_free_response(uint8_t *bytes, size_t size, size_t capacity) {
  struct line line = {bytes, size, capacity};
  wipe_line(&line);
}
