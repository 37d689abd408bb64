"""Answers the rules that the client has by itself: references, paths, configurations, words of passwords."""

import asyncio
import hashlib
import json
import sys

import postern.sync
from postern import Client, PasswordRecipePin, Secrets
from postern._password import word_list
from postern._socket_path import Surroundings, data_folder, socket_path
from postern.errors import AgentNotRunning, InvalidConfiguration, PosternError


def outcome(call):
    try:
        return {"value": call()}
    except (PosternError, ValueError) as error:
        return {"error": getattr(error, "message", str(error))}


def wrong(one):
    """What both clients say to a configuration. It is empty where they go on to look for the agent."""
    words = (one["token"], one["integrationName"], one["integrationVersion"])
    said = set()
    for open_one in (
        lambda: asyncio.run(Client.authenticate(*words, socket="/none/agent.sock")),
        lambda: postern.sync.Client.authenticate(*words, socket="/none/agent.sock"),
    ):
        try:
            open_one()
        except AgentNotRunning:
            said.add("")
        except InvalidConfiguration as error:
            said.add(error.message)
    return " and ".join(said)


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
            "folders": [
                outcome(lambda one=one: data_folder(Surroundings(**one)))
                for one in given["folders"]
            ],
            "configurations": [wrong(one) for one in given["configurations"]],
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
