/*
 * Reads the agent's answers. Each must be a result of the right request, with every key once. An error, a notification, an answer from
 * memory while the service is away, and all that is not expected: for the Node command.
 */
#include "native.h"

/* Finds the result in an answer. `id` is that of the request. */
static bool open_result(struct text line, const char *id, struct json *result) {
  struct json json = {line.bytes, line.bytes + line.size};
  struct text key;
  bool begun = false, has_version = false, has_id = false, has_result = false;
  for (;;) {
    enum step step = next_key(&json, &begun, &key);
    if (step == END) return has_version && has_id && has_result && json.at == json.end;
    if (step == WRONG) return false;
    if (is_text(key, "jsonrpc") && !has_version) has_version = take(&json, "\"2.0\"");
    else if (is_text(key, "id") && !has_id) has_id = take(&json, id);
    else if (is_text(key, "result") && !has_result) {
      *result = json;
      has_result = skip_value(&json);
      result->end = json.at;
      if (!has_result) return false;
    } else return false;
  }
}

/* Whether the hello was accepted, and has no notice for a person. */
bool check_hello(struct text line) {
  struct json json;
  struct text key;
  bool begun = false;
  if (!open_result(line, "1", &json)) return false;
  for (;;) {
    enum step step = next_key(&json, &begun, &key);
    if (step != KEY) return step == END;
    if (is_text(key, "notices") ? !take(&json, "[]") : !skip_value(&json)) return false;
  }
}

/* Reads one secret and moves behind it. A value that the service could not confirm is for the Node command, which tells its age. */
static bool take_secret(struct json *json, struct text *secret) {
  struct text key;
  bool begun = false, has_secret = false, is_fresh = false;
  for (;;) {
    enum step step = next_key(json, &begun, &key);
    if (step == END) break;
    if (step == WRONG) return false;
    if (is_text(key, "secret")) {
      if (has_secret || !take_string(json, secret)) return false;
      has_secret = true;
    } else if (is_text(key, "stale")) {
      if (is_fresh || !take(json, "false")) return false;
      is_fresh = true;
    } else if (is_text(key, "error") || !skip_value(json)) return false;
  }
  return has_secret && is_fresh;
}

/* The secret of an answer of secrets.resolve, decoded in the line. */
bool secret_in(struct text line, struct text *secret) {
  struct json json;
  if (!open_result(line, "2", &json) || !take_secret(&json, secret)) return false;
  secret->size = decode(*secret);
  return true;
}

/* The secrets of an answer of secrets.resolveAll. There must be exactly `count`. */
bool secrets_in(struct text line, struct text *secrets, size_t count) {
  struct json json;
  struct text key;
  bool begun = false, in_list = false;
  if (!open_result(line, "2", &json)) return false;
  if (next_key(&json, &begun, &key) != KEY || !is_text(key, "outcomes")) return false;
  for (size_t index = 0; index < count; index++)
    if (next_value(&json, &in_list) != KEY || !take_secret(&json, &secrets[index])) return false;
  if (next_value(&json, &in_list) != END || next_key(&json, &begun, &key) != END) return false;
  for (size_t index = 0; index < count; index++) secrets[index].size = decode(secrets[index]);
  return true;
}
