# Loads the bridge as the official package does: ctypes, and a copy of the answer before it is given back.
import ctypes
import os

library = ctypes.CDLL(os.environ["BRIDGE"], mode=os.RTLD_NOW)
library.op_sdk_ipc_send_message.argtypes = [
    ctypes.c_char_p,
    ctypes.c_size_t,
    ctypes.POINTER(ctypes.POINTER(ctypes.c_uint8)),
    ctypes.POINTER(ctypes.c_size_t),
    ctypes.POINTER(ctypes.c_size_t),
]
library.op_sdk_ipc_send_message.restype = ctypes.c_int32
library.op_sdk_ipc_free_response.argtypes = [ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t, ctypes.c_size_t]
library.op_sdk_ipc_free_response.restype = None


def send(message):
    """Returns the code, and the answer where the code is 0."""
    answer = ctypes.POINTER(ctypes.c_uint8)()
    size = ctypes.c_size_t()
    capacity = ctypes.c_size_t()
    code = library.op_sdk_ipc_send_message(
        message, len(message), ctypes.byref(answer), ctypes.byref(size), ctypes.byref(capacity)
    )
    if code != 0:
        assert not answer, "a refused call left an allocation behind"
        return code, None
    copy = ctypes.string_at(answer, size.value)
    library.op_sdk_ipc_free_response(answer, size, capacity)
    return code, copy.decode()


def open_sockets():
    """Returns how many sockets this process has open beside its standard streams."""
    places = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd") if int(name) > 2]
    return len([place for place in places if os.path.islink(place) and os.readlink(place).startswith("socket:")])
