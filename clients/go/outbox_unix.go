//go:build unix

package postern

import (
	"io"
	"syscall"
)

// writesNow returns a function that writes what a socket takes without waiting. An error shows when the rest is written.
func writesNow(conn io.Writer) func([]byte) int {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return func(line []byte) int {
		written := 0
		_ = raw.Write(func(fd uintptr) bool {
			if count, err := syscall.Write(int(fd), line); err == nil {
				written = count
			}
			return true
		})
		return written
	}
}
