"""Meets what is wrong, case after case, and prints what it learns of each: a line of JSON with the class
and the text of the error. The package is postern, postern.sync or onepassword."""

import asyncio
import importlib
import inspect
import json
import os
import sys
import time

package = sys.argv[1]
module = importlib.import_module(package)
types = module if package != "postern.sync" else importlib.import_module("postern")
is_ours = package != "onepassword"

# One byte of text more than the longest line of any door.
TOO_LONG = 73 * 1024 * 1024


async def done(value):
    """The result of a call of any client."""
    return await value if inspect.isawaitable(value) else value


def act_on(client, act, more):
    if act == "read":
        return client.secrets.resolve(os.environ["REFERENCE"], **more)
    if act == "write":
        return client.vaults.create(types.VaultCreateParams(title="Made"))
    large = types.ItemCreateParams(
        title="Large", category=types.ItemCategory.LOGIN, vault_id="", notes="x" * TOO_LONG
    )
    return client.items.create(large)


async def meet(case):
    os.environ["POSTERN_SOCKET"] = case["socket"]
    more = {"timeout": case["deadlineMs"] / 1000} if is_ours and "deadlineMs" in case else {}
    auth = case.get("token") or types.DesktopAuth(case.get("account", ""))
    client = await done(module.Client.authenticate(auth, "shop", "1", **more))
    await done(act_on(client, case["act"], more))


def learnt(error):
    # Python prints the next step of an error that nobody catches as a note.
    notes = getattr(error, "__notes__", [])
    return {"class": type(error).__name__, "text": "; ".join([str(error), *notes])}


def outcome(case):
    begun = time.monotonic()
    found = {"class": "none", "text": ""}
    try:
        asyncio.run(meet(case))
    except Exception as error:
        found = learnt(error)
    ms = round((time.monotonic() - begun) * 1000)
    return {"name": case["name"], **found, "ms": ms}


for case in json.loads(os.environ["CASES"]):
    print(json.dumps(outcome(case)), flush=True)
