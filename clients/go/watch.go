package postern

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

const (
	// renewEvery is the time between two looks for an agent that has ended.
	renewEvery = time.Second
	// renewMax is the time in which the next agent must run. A restart takes two seconds. Then the agent itself waits for the person's
	// unlock.
	renewMax = time.Minute
)

// SecretChange tells that a secret may have another value. The value is not told: read it.
type SecretChange struct {
	// Reference is the reference, as it was given.
	Reference string
	// Renewed says that the watch was opened again after the connection was lost. The value may have changed meanwhile, or not.
	Renewed bool
}

// SecretWatch tells of the changes of one secret, until its context ends.
type SecretWatch struct {
	changes chan SecretChange
	err     error
}

// Changes returns the channel of the changes. Who reads slowly gets one change for all that came meanwhile. The channel is closed when the
// watch has ended.
func (w *SecretWatch) Changes() <-chan SecretChange { return w.changes }

// Err returns why the watch has ended. Call it after the channel was closed. It is a WatchEndedError where the account was locked or the
// approval ended, and the context's own error where the context ended.
func (w *SecretWatch) Err() error { return w.err }

// openWatch is a watch that is open in the agent.
type openWatch struct {
	told    *told
	session *session
}

// WatchSecret begins to watch the secret of a reference. It asks for the same approval as a read. End the context to end the watch. After a
// restart of the agent the watch is opened again.
func (c *Client) WatchSecret(ctx context.Context, secretReference string) (*SecretWatch, error) {
	open, err := c.caller.watch(ctx, secretReference)
	if err != nil {
		return nil, err
	}
	watch := &SecretWatch{changes: make(chan SecretChange, 1)}
	// The goroutine keeps the client open, also where the program keeps nothing but the channel.
	go func(on *caller) {
		watch.err = watch.follow(ctx, on, secretReference, open)
		close(watch.changes)
	}(c.caller)
	return watch, nil
}

// follow tells of changes, and returns why there are no more.
func (w *SecretWatch) follow(ctx context.Context, on *caller, reference string, open openWatch) error {
	for {
		err := w.pass(ctx, reference, open)
		on.endWatch(open)
		if _, isLost := errors.AsType[*ConnectionLostError](err); !isLost {
			return err
		}
		if open, err = on.watchAgain(ctx, reference); err != nil {
			return err
		}
		w.tell(SecretChange{reference, true})
	}
}

// pass tells of the changes of an open watch, and returns why it has ended.
func (w *SecretWatch) pass(ctx context.Context, reference string, open openWatch) error {
	for {
		select {
		case <-open.told.changed:
			w.tell(SecretChange{reference, false})
		case reason := <-open.told.ended:
			if len(open.told.changed) > 0 {
				w.tell(SecretChange{reference, false})
			}
			return &WatchEndedError{reason}
		case <-open.session.channel.ended:
			return open.session.channel.cause
		case <-ctx.Done():
			return stopped(ctx, "secrets.watch")
		}
	}
}

// tell replaces a change that nobody has read yet. Only one goroutine calls it, so there is room then.
func (w *SecretWatch) tell(change SecretChange) {
	select {
	case unread := <-w.changes:
		change.Renewed = change.Renewed || unread.Renewed
	default:
	}
	w.changes <- change
}

func (c *caller) watch(ctx context.Context, reference string) (openWatch, error) {
	params, err := json.Marshal(map[string]string{"reference": reference})
	if err != nil {
		return openWatch{}, err
	}
	var opened struct {
		Watch string `json:"watch"`
	}
	through, err := c.link.sendTwice(ctx, "secrets.watch", params, &opened)
	if err != nil {
		return openWatch{}, ofResolving(err)
	}
	return openWatch{c.link.watches.own(opened.Watch), through}, nil
}

// watchAgain waits until an agent runs with an unlocked account.
func (c *caller) watchAgain(ctx context.Context, reference string) (openWatch, error) {
	until := time.Now().Add(renewMax)
	for {
		open, err := c.watch(ctx, reference)
		_, isGone := errors.AsType[*AgentNotRunningError](err)
		if mayPass := isGone || errors.Is(err, ErrLocked); !mayPass || time.Now().After(until) {
			return open, err
		}
		select {
		case <-time.After(renewEvery):
		case <-ctx.Done():
			return open, stopped(ctx, "secrets.watch")
		case <-c.link.life.Done():
			return open, ErrClientClosed
		}
	}
}

// endWatch frees a watch, here and in the agent.
func (c *caller) endWatch(open openWatch) {
	c.link.watches.forget(open.told.id)
	params, err := json.Marshal(map[string]string{"watch": open.told.id})
	if err == nil && open.session.channel.isOpen() {
		// The agent may have ended it already, and a lost connection has ended it too.
		_, _ = open.session.channel.call(c.link.life, "secrets.unwatch", params)
	}
}
