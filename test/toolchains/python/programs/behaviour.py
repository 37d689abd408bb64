"""What a program can rely on beside the official names. Each part prints one word when it holds."""

import asyncio
import os
import signal
import sys
import threading
import time

import postern
import postern.sync
from postern import DesktopAuth

TOKEN = os.environ.get("TOKEN", "")
REFERENCE = os.environ.get("REFERENCE", "")
NAMES = {"integration_name": "shop", "integration_version": "1"}


def opened(auth=TOKEN, **more):
    return postern.sync.Client.authenticate(auth, **NAMES, **more)


async def opened_async(auth=TOKEN, **more):
    return await postern.Client.authenticate(auth, **NAMES, **more)


def threads():
    """Many threads share one connection."""
    client = opened()
    read = []

    def work():
        read.extend(client.secrets.resolve(REFERENCE) for _ in range(20))

    started = [threading.Thread(target=work) for _ in range(16)]
    for one in started:
        one.start()
    for one in started:
        one.join()
    assert len(set(read)) == 1 and len(read) == 320
    client.close()


def tasks():
    """Many tasks share one connection, and each event loop has its own."""

    async def work(client):
        return await asyncio.gather(*(client.secrets.resolve(REFERENCE) for _ in range(200)))

    client = asyncio.run(opened_async())
    for _ in range(2):
        assert len(set(asyncio.run(work(client)))) == 1
    client.close()


def fork():
    """A child connects anew, and the parent's connection stays."""
    client = opened()
    first = client.secrets.resolve(REFERENCE)
    held = asyncio.run(opened_async())
    child = os.fork()
    if child == 0:
        fine = client.secrets.resolve(REFERENCE) == first
        fine = fine and asyncio.run(held.secrets.resolve(REFERENCE)) == first
        os._exit(0 if fine else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert client.secrets.resolve(REFERENCE) == first
    client.close()


def fork_inside_a_loop():
    """The child leaves the loop of its parent alone, whose connection goes on."""

    async def work():
        async with await opened_async() as client:
            first = await client.secrets.resolve(REFERENCE)
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
            assert await client.secrets.resolve(REFERENCE, timeout=5) == first

    asyncio.run(work())


def waits_for_a_person(call):
    begun = time.monotonic()
    try:
        call()
    except postern.errors.TimedOut:
        return time.monotonic() - begun
    raise AssertionError("it did not end at its deadline")


def deadline():
    """A call ends at its deadline, and its prompt is withdrawn."""
    codes = []
    client = opened(DesktopAuth(""), on_prompt=lambda prompt: codes.append(prompt.code))
    took = waits_for_a_person(lambda: client.secrets.resolve(REFERENCE, timeout=0.5))
    assert 0.5 <= took < 5 and len(codes) == 1, (took, codes)
    assert client.agent.agent_status(timeout=5)["openPrompts"] == 0
    client.close()


def cancel():
    """A cancelled task ends the work in the agent."""
    codes = []

    async def work():
        asked = asyncio.Event()

        def on_prompt(prompt):
            codes.append(prompt.code)
            asked.set()

        async with await opened_async(DesktopAuth(""), on_prompt=on_prompt) as client:
            task = asyncio.create_task(client.secrets.resolve(REFERENCE))
            await asked.wait()
            assert (await client.agent.agent_status())["openPrompts"] == 1
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            assert (await client.agent.agent_status(timeout=5))["openPrompts"] == 0
            try:
                await client.secrets.resolve(REFERENCE, timeout=0.5)
            except postern.errors.TimedOut:
                pass

    asyncio.run(work())
    assert len(codes) == 2


def interrupt():
    """Ctrl-C ends the work in the agent, and the connection goes on."""

    def press(_):
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    client = opened(DesktopAuth(""), on_prompt=press)
    try:
        client.secrets.resolve(REFERENCE, timeout=20)
    except KeyboardInterrupt:
        assert client.agent.agent_status(timeout=5)["openPrompts"] == 0
        client.close()
        return
    raise AssertionError("the interrupt was lost")


def closed():
    """A closed client refuses, also the call that waits."""
    client = opened(DesktopAuth(""), on_prompt=lambda _: client.close())
    try:
        client.secrets.resolve(REFERENCE, timeout=20)
    except postern.errors.ClientClosed:
        pass
    try:
        client.secrets.resolve(REFERENCE)
    except postern.errors.ClientClosed:
        return
    raise AssertionError("a closed client went on")


class Watched:
    """An item of its own, whose secret changes."""

    def __init__(self, client):
        self.call = client.call
        vault = client.call("vaults.create", {"title": "Watched"})
        self.field = {"id": "password", "title": "password", "fieldType": "Concealed", "value": "0"}
        item = {"vaultId": vault["id"], "title": "One", "category": "Password"}
        self.item = client.call("items.create", {"item": {**item, "fields": [self.field]}})
        self.reference = f"op://{vault['id']}/{self.item['id']}/password"

    def change(self, value):
        fields = [{**self.field, "value": value}]
        self.item = self.call("items.put", {"item": {**self.item, "fields": fields}})


def watch():
    """A loop is told of changes, until it is closed, or until its approval ends."""
    client = opened(DesktopAuth(""))
    watched = Watched(client)
    changed = postern.SecretChange(watched.reference, renewed=False)
    with client.secrets.watch(watched.reference) as changes:
        for value in "ab":
            watched.change(value)
            assert next(changes) == changed
        threading.Timer(0.1, changes.close).start()
        assert list(changes) == []
    again = client.secrets.watch(watched.reference)
    client.call("grants.revoke", {"all": True})
    try:
        next(again)
    except postern.errors.WatchEnded as error:
        assert error.reason == "grantEnded" and "approval" in str(error), error
        assert list(again) == []
        client.close()
        return
    raise AssertionError("it did not end")


def watch_in_a_loop():
    """The same for tasks."""

    async def work():
        writer = opened(DesktopAuth(""))
        watched = await asyncio.to_thread(Watched, writer)
        changed = postern.SecretChange(watched.reference, renewed=False)
        async with await opened_async(DesktopAuth("")) as client:
            seen = []
            async with await client.secrets.watch(watched.reference) as changes:
                await asyncio.to_thread(watched.change, "a")
                async for one in changes:
                    seen.append(one)
                    if len(seen) == 2:
                        break
                    await asyncio.to_thread(watched.change, "b")
            assert seen == [changed, changed], seen
            again = await client.secrets.watch(watched.reference)
            waiting = asyncio.ensure_future(again.__anext__())
            await asyncio.sleep(0)
            await again.close()
            try:
                await waiting
            except StopAsyncIteration:
                return
            raise AssertionError("it did not end")

    asyncio.run(work())


def models():
    """Models take both spellings, show no value, and refuse without repeating one."""
    field = postern.ItemField(id="a", title="A", fieldType="Concealed", value="s3cret")
    same = postern.ItemField(
        id="a", title="A", field_type=postern.ItemFieldType.CONCEALED, value="s3cret", other=1
    )
    assert field == same and "s3cret" not in repr([field])
    assert postern.ItemField.model_validate_json(field.model_dump_json(by_alias=True)) == field
    assert field.model_dump(exclude_none=True, exclude={"value"}) == {
        "id": "a",
        "title": "A",
        "field_type": postern.ItemFieldType.CONCEALED,
    }
    copied = field.model_copy(update={"value": "other"})
    assert (copied.value, field.value) == ("other", "s3cret")
    file = postern.FileCreateParams(name="a", content=[1, 255], section_id="", field_id="f")
    assert file.content == b"\x01\xff" and file.model_dump()["content"] == [1, 255]
    for values in (
        {"id": 7},
        {"field_type": "s3cret"},
        {"value": None},
        {"details": {"type": "s3cret"}},
    ):
        try:
            postern.ItemField(**{**field.model_dump(), **values})
        except ValueError as error:
            assert "s3cret" not in str(error) and next(iter(values)) in str(error), error
        else:
            raise AssertionError(f"{values} was taken")


def refusals():
    """What is wrong on this machine, in words."""
    for path in sys.argv[2:]:
        for open_one in (opened, lambda **more: asyncio.run(opened_async(**more))):
            try:
                open_one(socket=path)
            except postern.errors.LocalError as error:
                print(type(error).__name__, str(error).replace(path, "PATH"))


globals()[sys.argv[1]]()
print(sys.argv[1])
