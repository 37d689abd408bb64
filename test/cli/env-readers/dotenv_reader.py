"""Reads env files by python-dotenv: a JSON array of texts on stdin, for each its values on stdout."""

import io
import json
import sys

from dotenv import dotenv_values


def read(text):
    stream = io.TextIOWrapper(io.BytesIO(text.encode("utf-8")), encoding="utf-8")
    return {name: value for name, value in dotenv_values(stream=stream).items() if value is not None}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
