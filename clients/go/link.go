package postern

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// link is the connection under a client. After an agent's restart it connects once more. It repeats a lost call only where the call
// changes nothing.
type link struct {
	settings settings
	// life ends with the client. Work that several calls wait for belongs to no single call's context.
	life context.Context
	stop context.CancelFunc

	watches *watchNotices

	mu      sync.Mutex
	session *session
	attempt *attempt
}

// session is a client of the agent, open on a connection.
type session struct {
	channel *channel
	client  string
}

// attempt is the way to the next session. All calls that need it wait for the same one.
type attempt struct {
	done    chan struct{}
	session *session
	err     error
}

func newLink(given settings) *link {
	life, stop := context.WithCancel(context.Background())
	return &link{settings: given, life: life, stop: stop, watches: newWatchNotices()}
}

func (l *link) close() {
	l.stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session != nil {
		l.session.channel.end(ErrClientClosed)
	}
}

func (l *link) wasOpen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session != nil
}

func (l *link) isClosed() bool { return l.life.Err() != nil }

// call sends a request. The result may be nil where nobody wants it.
func (l *link) call(ctx context.Context, method string, params, result any) error {
	if ctx.Err() != nil {
		return stopped(ctx, method)
	}
	given, err := json.Marshal(params)
	if err != nil {
		return err
	}
	_, err = l.sendTwice(ctx, method, given, result)
	return err
}

// sendTwice repeats a lost call once. It returns the session that the answer came through.
func (l *link) sendTwice(ctx context.Context, method string, params json.RawMessage, result any) (*session, error) {
	through, answered, err := l.send(ctx, method, params)
	if _, isLost := errors.AsType[*ConnectionLostError](err); isLost && repeatable(method) && !l.isClosed() {
		through, answered, err = l.send(ctx, method, params)
	}
	if err != nil || result == nil {
		return through, err
	}
	if err := json.Unmarshal(answered, result); err != nil {
		// The error of the decoder may repeat a value of the answer.
		return nil, fmt.Errorf("the answer to %s has another shape than this client knows; update the older of the two", method)
	}
	return through, nil
}

func (l *link) send(ctx context.Context, method string, params json.RawMessage) (*session, json.RawMessage, error) {
	open, err := l.open(ctx, method)
	if err != nil {
		return nil, nil, err
	}
	answered, err := open.call(ctx, method, params)
	if !errors.Is(err, ErrLocked) || l.settings.token == "" || !takesClient(method) {
		return open, answered, err
	}
	// A lock ends a token's session before anything was done. Presenting the token again begins the next session.
	if open, err = l.presentAgain(ctx, method, open); err != nil {
		return nil, nil, err
	}
	answered, err = open.call(ctx, method, params)
	return open, answered, err
}

func (s *session) call(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if takesClient(method) {
		var err error
		if params, err = withClient(params, s.client); err != nil {
			return nil, err
		}
	}
	return s.channel.call(ctx, method, params)
}

// withClient names the client in the parameters.
func withClient(params json.RawMessage, client string) (json.RawMessage, error) {
	name, err := json.Marshal(client)
	if err != nil {
		return nil, err
	}
	rest, isObject := bytes.CutPrefix(bytes.TrimSpace(params), []byte("{"))
	if !isObject {
		return nil, tableError("invalidParams", "they must be an object")
	}
	if bytes.Contains(params, []byte(`"client"`)) {
		return withOtherClient(params, name)
	}
	named := append([]byte(`{"client":`), name...)
	if !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("}")) {
		named = append(named, ',')
	}
	return append(named, rest...), nil
}

// withOtherClient decodes the parameters, since a program may have named a client itself.
func withOtherClient(params, name json.RawMessage) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(params, &fields); err != nil {
		return nil, err
	}
	fields["client"] = name
	return json.Marshal(fields)
}

// open returns the open session, or waits for the next one.
func (l *link) open(ctx context.Context, method string) (*session, error) {
	l.mu.Lock()
	if l.attempt == nil && l.session != nil && l.session.channel.isOpen() {
		defer l.mu.Unlock()
		return l.session, nil
	}
	begun := l.begin(l.connect)
	l.mu.Unlock()
	return begun.wait(ctx, method)
}

// presentAgain opens the next client on the connection of one that has ended. Many calls may find it ended, and the token is presented once.
func (l *link) presentAgain(ctx context.Context, method string, ended *session) (*session, error) {
	l.mu.Lock()
	if l.attempt == nil && l.session != ended {
		l.mu.Unlock()
		return l.open(ctx, method)
	}
	begun := l.begin(func(life context.Context) (*session, error) {
		client, err := l.openClient(life, ended.channel)
		if err != nil {
			return nil, err
		}
		// A connection has only so many clients, and a lock may come often.
		go l.closeClient(ended)
		return &session{ended.channel, client}, nil
	})
	l.mu.Unlock()
	return begun.wait(ctx, method)
}

func (l *link) closeClient(ended *session) {
	params, err := json.Marshal(map[string]string{"client": ended.client})
	if err == nil {
		// A lost connection has closed it too.
		_, _ = ended.channel.call(l.life, "clients.close", params)
	}
}

// begin starts an attempt, where none is under way. The caller holds the lock.
func (l *link) begin(way func(context.Context) (*session, error)) *attempt {
	if l.attempt != nil {
		return l.attempt
	}
	begun := &attempt{done: make(chan struct{})}
	l.attempt = begun
	go func() {
		begun.session, begun.err = way(l.life)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.attempt = nil
		if begun.err == nil {
			l.session = begun.session
		}
		if l.isClosed() {
			begun.err = ErrClientClosed
			if l.session != nil {
				l.session.channel.end(ErrClientClosed)
			}
		}
		close(begun.done)
	}()
	return begun
}

func (a *attempt) wait(ctx context.Context, method string) (*session, error) {
	select {
	case <-a.done:
		return a.session, a.err
	case <-ctx.Done():
		return nil, stopped(ctx, method)
	}
}

func (l *link) connect(life context.Context) (*session, error) {
	path := l.settings.socket
	if path == "" {
		var err error
		if path, err = DefaultSocket(); err != nil {
			return nil, err
		}
	}
	open := func() (*channel, error) { return openChannel(life, path, l.heard) }
	opened, err := open()
	// A client that was open starts no agent: a person may have stopped it.
	if _, isMissing := errors.AsType[*AgentNotRunningError](err); isMissing && l.settings.token != "" && l.settings.socket == "" && !l.wasOpen() {
		opened, err = startAgent(life, err, open)
	}
	if err != nil {
		return nil, err
	}
	id, err := l.begunOn(life, opened)
	if err != nil {
		opened.end(ErrClientClosed)
		return nil, err
	}
	return &session{opened, id}, nil
}

// begunOn opens a client on a new connection. Hello, subscribe and open leave in one write, so that it takes one round trip.
func (l *link) begunOn(ctx context.Context, on *channel) (string, error) {
	hello, err := json.Marshal(greeting{Protocol, greetedClient{l.settings.integrationName, l.settings.integrationVersion}})
	if err != nil {
		return "", err
	}
	// Calls on a locked account wait. A token never does.
	waits := l.settings.token == ""
	open, err := l.openParams(waits)
	if err != nil {
		return "", err
	}
	results, err := on.together(ctx, request{"agent.hello", hello}, request{"agent.subscribe", json.RawMessage("{}")}, request{"clients.open", open})
	isRefused := len(results) == 2 && errors.Is(err, ErrInvalidParams)
	// An older agent refuses the waiting, since it does not know it. Its hello came too late to ask it.
	if waits && isRefused && !announces(results[0], "waitForUnlock") {
		return l.openClient(ctx, on)
	}
	if err != nil {
		return "", err
	}
	return clientOf(results[2], nil)
}

// announces tells whether a hello names a feature. One that announces nothing that this client can read has no feature for it.
func announces(hello json.RawMessage, feature string) bool {
	var told struct {
		Features []string `json:"features"`
	}
	return json.Unmarshal(hello, &told) == nil && slices.Contains(told.Features, feature)
}

// heard passes a notification on to whoever waits for it.
func (l *link) heard(one Notification) {
	l.watches.heard(one)
	l.settings.notify(one)
}

// openClient opens a client whose calls do not wait for an unlock.
func (l *link) openClient(ctx context.Context, on *channel) (string, error) {
	params, err := l.openParams(false)
	if err != nil {
		return "", err
	}
	return clientOf(on.call(ctx, "clients.open", params))
}

func (l *link) openParams(waitForUnlock bool) (json.RawMessage, error) {
	return json.Marshal(struct {
		IntegrationName    string `json:"integrationName"`
		IntegrationVersion string `json:"integrationVersion"`
		Token              string `json:"token,omitempty"`
		Account            string `json:"account,omitempty"`
		WaitForUnlock      bool   `json:"waitForUnlock,omitempty"`
	}{l.settings.integrationName, l.settings.integrationVersion, l.settings.token, l.settings.account, waitForUnlock})
}

func clientOf(answered json.RawMessage, err error) (string, error) {
	if err != nil {
		return "", err
	}
	var opened struct {
		Client string `json:"client"`
	}
	err = json.Unmarshal(answered, &opened)
	return opened.Client, err
}
