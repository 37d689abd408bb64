# A dialogue of polkit's, as a desktop has one: it prints each question, and closes it or leaves it open. It authenticates nobody.
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

AGENT = "org.freedesktop.PolicyKit1.AuthenticationAgent"
PATH = "/org/postern/test/Agent"
pid, start, does = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def tell(line):
    print(json.dumps(line), flush=True)


class Cancelled(dbus.DBusException):
    _dbus_error_name = "org.freedesktop.PolicyKit1.Error.Cancelled"


class Window(dbus.service.Object):
    open = {}

    @dbus.service.method(AGENT, in_signature="sssa{ss}saa{sa{sv}}", async_callbacks=("done", "failed"))
    def BeginAuthentication(self, action, message, icon, details, cookie, identities, done, failed):
        tell({"action": action, "message": message})
        if does == "close":
            failed(Cancelled("closed"))
        else:
            self.open[cookie] = failed

    @dbus.service.method(AGENT, in_signature="s")
    def CancelAuthentication(self, cookie):
        tell({"cancelled": True})
        self.open.pop(cookie)(Cancelled("taken away"))


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
window = Window(bus, PATH)
authority = dbus.Interface(
    bus.get_object("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority"),
    "org.freedesktop.PolicyKit1.Authority",
)
subject = ("unix-process", {"pid": dbus.UInt32(pid), "start-time": dbus.UInt64(start)})
authority.RegisterAuthenticationAgent(subject, "C.UTF-8", PATH)
tell("ready")
GLib.MainLoop().run()
