/*
 * Whether a command works on the person's default account. Another account and a token are for the Node command, and so is each variable
 * of these that is set to nothing, which is a mistake that it names.
 */
#include <stdlib.h>

#include "native.h"

bool is_for_default_account(void) {
  return getenv("POSTERN_ACCOUNT") == NULL && getenv("POSTERN_SERVICE_ACCOUNT_TOKEN") == NULL &&
         getenv("OP_SERVICE_ACCOUNT_TOKEN") == NULL;
}
