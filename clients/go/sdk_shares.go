package postern

import (
	"context"

	"postern.invalid/client/internal/wire"
)

// ItemsSharesAPI makes links to copies of items.
type ItemsSharesAPI interface {
	// GetAccountPolicy returns what the account's service allows of links to an item. It returns ErrSharingUnavailable where the service
	// has no public address.
	GetAccountPolicy(ctx context.Context, vaultID string, itemID string) (ItemShareAccountPolicy, error)

	// ValidateRecipients reads recipients. The service sends no mail yet, so each named recipient is refused with that reason.
	ValidateRecipients(ctx context.Context, policy ItemShareAccountPolicy, recipients []string) ([]ValidRecipient, error)

	// Create makes a link to a copy of the item. Everyone with the link can open it.
	Create(ctx context.Context, item Item, policy ItemShareAccountPolicy, params ItemShareParams) (string, error)
}

type sharesAPI struct{ caller *caller }

func (s sharesAPI) GetAccountPolicy(ctx context.Context, vaultID string, itemID string) (ItemShareAccountPolicy, error) {
	var policy ItemShareAccountPolicy
	err := s.caller.call(ctx, "items.shares.getAccountPolicy", itemParams{vaultID, itemID}, &policy)
	return policy, err
}

func (s sharesAPI) ValidateRecipients(ctx context.Context, policy ItemShareAccountPolicy, recipients []string) ([]ValidRecipient, error) {
	var answered struct {
		Recipients []ValidRecipient `json:"recipients"`
	}
	err := s.caller.call(ctx, "items.shares.validateRecipients", struct {
		Policy     ItemShareAccountPolicy `json:"policy"`
		Recipients []string               `json:"recipients"`
	}{wholePolicy(policy), wire.Listed(recipients)}, &answered)
	return answered.Recipients, err
}

func (s sharesAPI) Create(ctx context.Context, item Item, policy ItemShareAccountPolicy, params ItemShareParams) (string, error) {
	var made struct {
		URL string `json:"url"`
	}
	err := s.caller.call(ctx, "items.shares.create", struct {
		revision
		Policy ItemShareAccountPolicy `json:"policy"`
		Params ItemShareParams        `json:"params"`
	}{revisionOf(item), wholePolicy(policy), params}, &made)
	return made.URL, err
}

func wholePolicy(policy ItemShareAccountPolicy) ItemShareAccountPolicy {
	policy.AllowedTypes = wire.Listed(policy.AllowedTypes)
	policy.AllowedRecipientTypes = wire.Listed(policy.AllowedRecipientTypes)
	return policy
}
