"""Prints the public names that are missing, and what is said of a name that is none."""

import postern
import postern.client
import postern.sync

star = {}
exec("from postern import *", star)
modules = {"client", "defaults", "environments", "errors", "groups", "items", "secrets", "types", "vaults"}
public = {*postern.__all__, *postern.errors.__all__, *postern.types.__all__}
missing = [name for name in public if name not in star]
missing += [name for name in {*public, *modules} if name not in dir(postern)]
missing += [name for name in modules if getattr(postern, name).__name__ != f"postern.{name}"]
missing += [name for name in postern.sync.__all__ if getattr(postern.sync, name).__name__ != name]
missing += [] if postern.client.PromptNotice is postern.PromptNotice else ["PromptNotice"]
print(missing)

for module in (postern, postern.sync, postern.client):
    try:
        module.Nothing
    except AttributeError as error:
        print(error)
try:
    postern.Client().nothing
except AttributeError as error:
    print(error)
