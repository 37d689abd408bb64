//go:build unix

package postern

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

const (
	noSocket   = "move that file out of the way, and run `postern agent start`"
	ofOthers   = "run this program as that user and not by sudo, or look at POSTERN_SOCKET and POSTERN_HOME"
	openFolder = "another user may have put it there; remove it, and run `postern agent start`"
	wayToIt    = "look at it and at the folders on the way to it, which must let you in, and at POSTERN_SOCKET, POSTERN_HOME and XDG_RUNTIME_DIR, which say where it is"

	// forOthers are the bits of a mode that let anybody but the owner in.
	forOthers = 0o077
)

// dial connects to the agent's socket. First it checks that the socket and its folder are ours alone.
func dial(ctx context.Context, path string) (io.ReadWriteCloser, error) {
	if err := checkSocket(path); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return nil, &AgentNotRunningError{Reason: "the socket is left over from an agent that has ended", err: err}
	}
	return nil, &UntrustedSocketError{path + " cannot be connected to (" + reasonOf(err) + ")", wayToIt, err}
}

// checkSocket refuses a socket that another user made, or whose folder another user can write to: that user would read every request.
func checkSocket(path string) error {
	socket, owner, err := look(path)
	if err != nil {
		return err
	}
	folder, folderOwner, err := look(filepath.Dir(path))
	if err != nil {
		return err
	}
	uid := uint32(os.Getuid())
	switch {
	case socket.Mode().Type() != fs.ModeSocket:
		return &UntrustedSocketError{"it is not a socket", noSocket, nil}
	case owner != uid:
		return &UntrustedSocketError{"it belongs to another user", ofOthers, nil}
	case folderOwner != uid:
		return &UntrustedSocketError{"its folder belongs to another user", ofOthers, nil}
	case folder.Mode().Perm()&forOthers != 0:
		return &UntrustedSocketError{"its folder is open to other users", openFolder, nil}
	}
	return nil
}

func look(path string) (fs.FileInfo, uint32, error) {
	found, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, 0, &AgentNotRunningError{Reason: "there is no socket", err: err}
	}
	if err != nil {
		return nil, 0, &UntrustedSocketError{path + " cannot be looked at (" + reasonOf(err) + ")", wayToIt, err}
	}
	stat, ok := found.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, 0, &UntrustedSocketError{path + " has no owner", wayToIt, nil}
	}
	return found, stat.Uid, nil
}

// reasonOf is the system's own word, without the path and the address that Go puts around it.
func reasonOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return "unknown reason"
}
