"""Stands in for logind on a bus of the test's own. It says what a line on stdin tells it to, and prints what it was asked for."""

import os
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName("org.freedesktop.login1", bus)
MANAGER = "org.freedesktop.login1.Manager"
SESSION = "org.freedesktop.login1.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"


def say(text):
    print(text, flush=True)


class Manager(dbus.service.Object):
    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        read, write = os.pipe()
        # The other end is closed when whoever inhibits has ended.
        GLib.io_add_watch(read, GLib.IO_HUP, lambda *_: say("released") or False)
        say(f"inhibit {what} {who} {mode}")
        handed = dbus.types.UnixFd(write)
        os.close(write)
        return handed

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForSleep(self, start):
        pass


class Session(dbus.service.Object):
    def __init__(self, name, path, user):
        super().__init__(bus, path)
        self.name = name
        self.user = user

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, prop):
        say(f"looked up {self.name}")
        user = (dbus.UInt32(self.user), dbus.ObjectPath(f"/org/freedesktop/login1/user/_{self.user}"))
        return dbus.Struct(user, signature="uo", variant_level=1)

    @dbus.service.signal(SESSION, signature="")
    def Lock(self):
        pass

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass


manager = Manager(bus, "/org/freedesktop/login1")
sessions = {
    "own": Session("own", "/org/freedesktop/login1/session/_31", int(sys.argv[1])),
    "other": Session("other", "/org/freedesktop/login1/session/c2", int(sys.argv[1]) + 1),
    "third": Session("third", "/org/freedesktop/login1/session/c3", int(sys.argv[1]) + 2),
}


def act(source, _condition):
    words = source.readline().split()
    if not words:
        loop.quit()
        return False
    if words[0] in ("sleep", "awake"):
        manager.PrepareForSleep(words[0] == "sleep")
    elif words[0] == "lock":
        sessions[words[1]].Lock()
    else:
        hint = {"LockedHint": dbus.Boolean(words[0] == "hint", variant_level=1)}
        sessions[words[1]].PropertiesChanged(SESSION, hint, dbus.Array([], signature="s"))
    say("said")
    return True


loop = GLib.MainLoop()
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, act)
say("ready")
loop.run()
