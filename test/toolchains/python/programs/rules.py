"""Answers the rules that the client has by itself: references, paths, words of passwords."""

import hashlib
import json
import sys

from postern import PasswordRecipePin, Secrets
from postern._password import word_list
from postern._socket_path import Surroundings, socket_path
from postern.errors import PosternError


def outcome(call):
    try:
        return {"value": call()}
    except (PosternError, ValueError) as error:
        return {"error": getattr(error, "message", str(error))}


given = json.load(sys.stdin)
recipes = [PasswordRecipePin(parameters={"length": length}) for length in given["pins"]]
print(
    json.dumps(
        {
            "references": [
                outcome(lambda one=one: Secrets.validate_secret_reference(one))
                for one in given["references"]
            ],
            "paths": [
                outcome(lambda one=one: socket_path(Surroundings(**one))) for one in given["paths"]
            ],
            "pins": [
                outcome(lambda one=one: len(Secrets.generate_password(one).password))
                for one in recipes
            ],
            "words": [
                hashlib.sha256(" ".join(word_list(name)).encode()).hexdigest()
                for name in ("fullWords", "syllables", "threeLetters")
            ],
        }
    )
)
