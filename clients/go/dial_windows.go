package postern

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
)

// A server of a pipe may act as its client. These flags let it know who the client is, and no more.
const (
	securitySQOSPresent    = 0x00100000
	securityIdentification = 0x00010000
)

// errorPipeBusy: all instances of the pipe are taken.
const errorPipeBusy = syscall.Errno(231)

// dial connects to the agent's pipe. It was compiled and never run: there is no agent for Windows yet.
func dial(_ context.Context, path string) (io.ReadWriteCloser, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, &UnusablePathError{"the pipe's name holds a zero byte"}
	}
	// Overlapped, since a handle without it cannot read and write at the same time.
	flags := uint32(syscall.FILE_FLAG_OVERLAPPED | securitySQOSPresent | securityIdentification)
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_EXISTING, flags, 0)
	switch {
	case err == nil:
		return os.NewFile(uintptr(handle), path), nil
	case errors.Is(err, syscall.ERROR_FILE_NOT_FOUND):
		return nil, &AgentNotRunningError{Reason: "there is no pipe", err: err}
	case errors.Is(err, errorPipeBusy):
		return nil, &AgentNotRunningError{Reason: "the pipe is busy", err: err}
	}
	return nil, &UntrustedSocketError{"the pipe cannot be opened", "look at who runs the agent", err}
}
