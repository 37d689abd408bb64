//go:build unix

package postern

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASocketThatIsNotOursAloneIsRefused(t *testing.T) {
	p := startPeer(t, opening(nil))
	folder := filepath.Dir(p.socket)
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(p.socket, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		untrusted, ok := errors.AsType[*UntrustedSocketError](opened(path))
		if !ok || untrusted.Reason != "it is not a socket" {
			t.Errorf("got %v", untrusted)
		}
	}
	for _, mode := range []os.FileMode{0o710, 0o701, 0o720} {
		if err := os.Chmod(folder, mode); err != nil {
			t.Fatal(err)
		}
		untrusted, ok := errors.AsType[*UntrustedSocketError](opened(p.socket))
		if !ok || untrusted.Reason != "its folder is open to other users" {
			t.Errorf("%o: got %v", mode, untrusted)
		}
	}
}

func TestWhatBelongsToAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	p := startPeer(t, opening(nil))
	folder := filepath.Dir(p.socket)
	for path, reason := range map[string]string{
		p.socket: "it belongs to another user",
		folder:   "its folder belongs to another user",
	} {
		if err := os.Chown(path, nobody, -1); err != nil {
			t.Fatal(err)
		}
		untrusted, ok := errors.AsType[*UntrustedSocketError](opened(p.socket))
		if !ok || untrusted.Reason != reason {
			t.Errorf("got %v, not %q", untrusted, reason)
		}
		if err := os.Chown(path, 0, -1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWithoutAnAgentTheErrorSaysWhatToDo(t *testing.T) {
	folder := t.TempDir()
	left := filepath.Join(folder, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: left, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{left, filepath.Join(folder, "none"), filepath.Join(left, "none")} {
		err := opened(path)
		if _, ok := errors.AsType[*AgentNotRunningError](err); !ok || !strings.HasSuffix(err.Error(), "start it with `postern agent start`") {
			t.Errorf("got %v", err)
		}
	}
}

func opened(path string) error {
	_, err := NewClient(context.Background(), WithDesktopAppIntegration(""), WithSocket(path))
	return err
}
