"""Plays every conversation of a file to the agent at a socket, and prints what each request brought."""

import asyncio
import json
import sys

import postern
import postern.sync
from postern import DesktopAuth, errors
from postern._generated_errors import ERROR_CLASSES


def refused(error):
    of_its_class = isinstance(error, ERROR_CLASSES.get(error.error_name, errors.PosternError))
    return {"errorName": error.error_name, "isOfItsClass": of_its_class}


async def play(socket, conversations):
    outcomes = []
    for one in conversations:
        client = await postern.Client.authenticate(
            DesktopAuth("Ada"), one["name"], "1", socket=socket
        )
        async with client:
            for request in one["requests"]:
                try:
                    result = await client.call(request["method"], request["params"])
                    outcomes.append({"result": result})
                except postern.PosternError as error:
                    outcomes.append(refused(error))
    return outcomes


def play_sync(socket, conversations):
    outcomes = []
    for one in conversations:
        with postern.sync.Client.authenticate(
            DesktopAuth("Ada"), one["name"], "1", socket=socket
        ) as client:
            for request in one["requests"]:
                try:
                    outcomes.append({"result": client.call(request["method"], request["params"])})
                except postern.PosternError as error:
                    outcomes.append(refused(error))
    return outcomes


def main():
    kind, socket, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        conversations = json.load(file)
    if kind == "sync":
        print(json.dumps(play_sync(socket, conversations)))
    else:
        print(json.dumps(asyncio.run(play(socket, conversations))))


main()
