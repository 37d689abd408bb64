//go:build unix

package postern

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// startLook is the time between two looks for the socket while the agent starts.
	startLook = 25 * time.Millisecond

	// orphan starts the agent and ends, so that the program has no child that it does not know.
	orphan = `"$@" </dev/null >/dev/null 2>&1 &`
)

// startAgent starts an agent by the command that the last one has written down, and never by a name that is looked for in PATH. It waits
// until open connects. It returns missing where there is no such command.
func startAgent(ctx context.Context, missing error, open func() (*channel, error)) (*channel, error) {
	words, err := startCommand()
	if err != nil {
		return nil, err
	}
	if words == nil {
		return nil, missing
	}
	shell := exec.Command("/bin/sh", append([]string{"-c", orphan, "sh"}, words...)...)
	shell.Dir = "/"
	shell.Env = []string{}
	for _, name := range startVariables {
		if value, ok := os.LookupEnv(name); ok {
			shell.Env = append(shell.Env, name+"="+value)
		}
	}
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := shell.Run(); err != nil {
		return nil, notStarted("the shell that starts it failed", err)
	}
	return listening(ctx, open)
}

func listening(ctx context.Context, open func() (*channel, error)) (*channel, error) {
	until := time.Now().Add(startMsMax * time.Millisecond)
	for {
		select {
		case <-time.After(startLook):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		opened, err := open()
		if _, isMissing := errors.AsType[*AgentNotRunningError](err); !isMissing {
			return opened, err
		}
		if time.Now().After(until) {
			return nil, notStarted(fmt.Sprintf("it was started, and did not listen within %d s", startMsMax/1000), err)
		}
	}
}

func notStarted(reason string, err error) error {
	return &AgentNotRunningError{Reason: reason, Hint: "run `postern agent start`, which says why", err: err}
}

// startCommand is the command of the last agent. It is nil where there is none.
func startCommand() ([]string, error) {
	home, err := surroundingsHere().dataFolder()
	if err != nil {
		return nil, err
	}
	folder, err := os.Lstat(home)
	if err == nil {
		err = demandOurs(folder, "is in another user's folder", "is in a folder that is open to other users")
	}
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(filepath.Join(home, startFile), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if _, isOurs := errors.AsType[*AgentNotRunningError](err); isOurs {
		return nil, err
	}
	if err != nil {
		return nil, noCommand("cannot be read", err)
	}
	defer func() { _ = file.Close() }()
	return readCommand(file)
}

func readCommand(file *os.File) ([]string, error) {
	found, err := file.Stat()
	if err != nil {
		return nil, noCommand("cannot be read", err)
	}
	if !found.Mode().IsRegular() {
		return nil, noCommand("is no file", nil)
	}
	if err := demandOurs(found, "belongs to another user", "is open to other users"); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, startBytesMax+1))
	if err != nil {
		return nil, noCommand("cannot be read", err)
	}
	if words := startWords(text); words != nil && len(text) <= startBytesMax {
		return words, nil
	}
	return nil, noCommand("holds no command", nil)
}

// demandOurs refuses what another user can write to. That user would choose the program that gets the token.
func demandOurs(found fs.FileInfo, ofAnother, open string) error {
	stat, ok := found.Sys().(*syscall.Stat_t)
	if !ok || stat.Uid != uint32(os.Geteuid()) {
		return noCommand(ofAnother, nil)
	}
	if found.Mode().Perm()&forOthers != 0 {
		return noCommand(open, nil)
	}
	return nil
}

func noCommand(why string, err error) error {
	return &AgentNotRunningError{Reason: "the file " + startFile + " in its data folder, which says how to start one, " + why, err: err}
}
