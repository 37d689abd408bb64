package postern

import (
	"context"
	"errors"
	"fmt"
)

// Errors on this side of the socket. They never travel on the wire.

// ErrClientClosed is returned by every call after Close.
var ErrClientClosed = errors.New("the client is closed")

// AgentNotRunningError says that no agent answers at the socket's path. Its text says how to start one.
type AgentNotRunningError struct {
	Reason string
	// Hint is the next step, where it is another than to start the agent.
	Hint string
	err  error
}

// Error returns the reason and the next step.
func (e *AgentNotRunningError) Error() string {
	hint := e.Hint
	if hint == "" {
		hint = "start it with `postern agent start`"
	}
	return withHint("no agent is running: "+e.Reason, hint)
}

// Unwrap returns the error of the system.
func (e *AgentNotRunningError) Unwrap() error { return e.err }

// UntrustedSocketError says that the socket or its folder is not private, or cannot be looked at. Nothing was sent.
type UntrustedSocketError struct {
	Reason string
	Hint   string
	err    error
}

// Error returns the reason and the next step.
func (e *UntrustedSocketError) Error() string {
	return withHint("the agent's socket is not trusted: "+e.Reason, e.Hint)
}

// Unwrap returns the error of the system, where there is one.
func (e *UntrustedSocketError) Unwrap() error { return e.err }

// UnusablePathError says that a variable names a path that cannot be used. It names the variable and the rule, and never the value.
type UnusablePathError struct{ Reason string }

// Error returns the reason.
func (e *UnusablePathError) Error() string { return e.Reason }

// WatchEndedError says that a watch of a secret has ended in the agent. The reason is "locked", "grantEnded", or a word of a later agent.
type WatchEndedError struct{ Reason string }

// Error returns the reason and the next step.
func (e *WatchEndedError) Error() string {
	if e.Reason == "locked" {
		return withHint("the watch has ended: the account was locked", "run `postern unlock`, and watch again")
	}
	return withHint("the watch has ended: its approval has ended", "watch again to ask for an approval")
}

// ConnectionLostError says that the connection ended before the answer came. A write may have been done or not.
type ConnectionLostError struct{ err error }

// Error returns what happened and the next step.
func (e *ConnectionLostError) Error() string {
	return withHint("the connection to the agent ended before it answered", "look whether it was done before you ask again")
}

// Unwrap returns the error of the system, where there is one.
func (e *ConnectionLostError) Unwrap() error { return e.err }

// stopped is the error of a call whose context has ended. It is the context's own error, and its cause where that is another.
func stopped(ctx context.Context, method string) error {
	hint := ""
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		hint = "; look with `postern status` whether the account is locked, and with `postern prompts` what waits"
	}
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return fmt.Errorf("no answer to %s: %w: %w%s", method, ctx.Err(), cause, hint)
	}
	return fmt.Errorf("no answer to %s: %w%s", method, ctx.Err(), hint)
}

// InvalidConfigurationError says that NewClient was given what cannot be used. Nothing was sent. Its text is the official one.
type InvalidConfigurationError struct{ Message string }

// Error returns the message.
func (e *InvalidConfigurationError) Error() string { return e.Message }
