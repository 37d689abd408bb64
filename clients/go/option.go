package postern

import (
	"encoding/json"
	"time"
)

// What a program says of itself where it does not know better.
const (
	DefaultIntegrationName    = "Unknown"
	DefaultIntegrationVersion = "Unknown"
)

type settings struct {
	integrationName    string
	integrationVersion string
	token              string
	account            string
	// byDesktop says that a person's account was asked for, by name or as the default one.
	byDesktop bool
	socket    string
	onPrompt  func(Prompt)
	onEvent   func(Notification)
	notice    *promptNotice
}

// ClientOption is an option of NewClient.
type ClientOption func(client *Client) error

// WithServiceAccountToken opens the client with the token of a service account. Nobody is asked, and the client sees the token's vaults
// only. `postern service-account create` makes a token.
func WithServiceAccountToken(token string) ClientOption {
	return func(client *Client) error {
		client.settings.token = token
		return nil
	}
}

// WithDesktopAppIntegration opens the client with an account of the agent, by its name or id. An empty name means the default account. A
// person approves what the program reads.
func WithDesktopAppIntegration(accountName string) ClientOption {
	return func(client *Client) error {
		client.settings.account, client.settings.byDesktop = accountName, true
		return nil
	}
}

// WithIntegrationInfo says which program asks, and in which version. The person who approves sees both.
func WithIntegrationInfo(name string, version string) ClientOption {
	return func(client *Client) error {
		client.settings.integrationName, client.settings.integrationVersion = name, version
		return nil
	}
}

// WithSocket names the agent's socket. Without it the client takes the agent's own default.
func WithSocket(path string) ClientOption {
	return func(client *Client) error {
		client.settings.socket = path
		return nil
	}
}

// Prompt is a question to a person that one of the client's calls waits for.
type Prompt struct {
	// Code is what the person compares with the code that `postern approve` shows.
	Code      string
	ExpiresAt time.Time
}

// WithPromptListener names a function that hears of every prompt of the client. Without one the client says on stderr what to do, where
// that is a terminal, and nothing elsewhere. The call waits either way.
func WithPromptListener(listener func(Prompt)) ClientOption {
	return func(client *Client) error {
		client.settings.onPrompt = listener
		return nil
	}
}

// Notification is what the agent tells without being asked, such as prompt.opened or session.changed.
type Notification struct {
	Method string
	Params json.RawMessage
}

// WithEventListener names a function that hears of every notification, one after the other.
func WithEventListener(listener func(Notification)) ClientOption {
	return func(client *Client) error {
		client.settings.onEvent = listener
		return nil
	}
}

func (s settings) notify(one Notification) {
	switch one.Method {
	case "prompt.opened":
		s.tellPrompt(one.Params)
	case "unlock.awaited":
		s.tellUnlock(one.Params)
	}
	if s.onEvent != nil {
		s.onEvent(one)
	}
}

// tellPrompt tells of a prompt for a request of this connection, which is the one that has a request's number.
func (s settings) tellPrompt(params json.RawMessage) {
	var opened struct {
		Request   *uint64   `json:"request"`
		Prompt    string    `json:"prompt"`
		Code      string    `json:"code"`
		ExpiresAt time.Time `json:"expiresAt"`
	}
	if json.Unmarshal(params, &opened) != nil || opened.Request == nil {
		return
	}
	if s.onPrompt != nil {
		s.onPrompt(Prompt{opened.Code, opened.ExpiresAt})
	} else {
		s.notice.tell(s.integrationName, opened.Prompt, opened.Code)
	}
}

// tellUnlock tells that a request of this connection waits for an unlock.
func (s settings) tellUnlock(params json.RawMessage) {
	var awaited struct {
		Request   *uint64   `json:"request"`
		ExpiresAt time.Time `json:"expiresAt"`
	}
	if json.Unmarshal(params, &awaited) == nil && awaited.Request != nil {
		s.notice.tellUnlock(s.integrationName, s.account, awaited.ExpiresAt)
	}
}
