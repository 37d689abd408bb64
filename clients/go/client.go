package postern

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

// Client is an open client of the agent. Its fields are those of the official package, so a test may put its own in their place.
type Client struct {
	settings        settings
	caller          *caller
	SecretsAPI      SecretsAPI
	ItemsAPI        ItemsAPI
	VaultsAPI       VaultsAPI
	EnvironmentsAPI EnvironmentsAPI
	GroupsAPI       GroupsAPI
}

// caller is what the APIs of a client hold. When nothing holds it any more, the connection is closed.
type caller struct{ link *link }

// call keeps the caller until the answer, so that its connection is not closed meanwhile.
func (c *caller) call(ctx context.Context, method string, params, result any) error {
	defer runtime.KeepAlive(c)
	return c.link.call(ctx, method, params, result)
}

// NewClient connects to the agent and opens a client. Give it WithServiceAccountToken or WithDesktopAppIntegration, and
// WithIntegrationInfo. The context is for opening alone.
func NewClient(ctx context.Context, opts ...ClientOption) (*Client, error) {
	client := Client{settings: settings{
		integrationName:    DefaultIntegrationName,
		integrationVersion: DefaultIntegrationVersion,
		notice:             &promptNotice{},
	}}
	for _, opt := range opts {
		if err := opt(&client); err != nil {
			return nil, err
		}
	}
	given := client.settings
	if given.byDesktop && given.token != "" {
		return nil, errors.New("cannot use both SA token and desktop app authentication")
	}
	if err := given.check(); err != nil {
		return nil, fmt.Errorf("error initializing client: %w", err)
	}
	opened := newLink(given)
	if _, err := opened.open(ctx, "clients.open"); err != nil {
		opened.close()
		return nil, fmt.Errorf("error initializing client: %w", err)
	}
	client.caller = &caller{opened}
	runtime.AddCleanup(client.caller, (*link).close, opened)
	client.SecretsAPI = secretsAPI{client.caller}
	client.ItemsAPI = itemsAPI{client.caller}
	client.VaultsAPI = vaultsAPI{client.caller}
	client.EnvironmentsAPI = environmentsAPI{client.caller}
	client.GroupsAPI = groupsAPI{client.caller}
	return &client, nil
}

// Secrets returns the API for secret references.
func (c *Client) Secrets() SecretsAPI { return c.SecretsAPI }

// Items returns the API for items.
func (c *Client) Items() ItemsAPI { return c.ItemsAPI }

// Vaults returns the API for vaults.
func (c *Client) Vaults() VaultsAPI { return c.VaultsAPI }

// Environments returns the API for environments.
func (c *Client) Environments() EnvironmentsAPI { return c.EnvironmentsAPI }

// Groups returns the API for groups.
func (c *Client) Groups() GroupsAPI { return c.GroupsAPI }

// Call calls any method of the agent by its own name. The package agent has a function with types for each. The result may be nil.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	return c.caller.call(ctx, method, params, result)
}

// Close ends the connection. Calls in flight fail with ErrClientClosed. A client that nothing refers to any more is closed without it.
func (c *Client) Close() {
	c.caller.link.close()
}
