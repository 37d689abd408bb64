// Package agent calls every method of the Postern agent under the agent's own names. The methods and their shapes are generated from the
// catalogue. A later agent may answer more fields and more words than are named here.
package agent

import (
	"context"

	postern "postern.invalid/client"
	"postern.invalid/client/internal/wire"
)

// Agent calls the methods through an open client.
type Agent struct{ client *postern.Client }

// Of returns the methods for a client.
func Of(client *postern.Client) Agent { return Agent{client} }

func (a Agent) call(ctx context.Context, method string, params, result any) error {
	return a.client.Call(ctx, method, params, result)
}

// Outcome is one of several: a content or a failure.
type Outcome[T any] = wire.Outcome[T]

// Failure says why one of several was not done.
type Failure = wire.Failure

func listed[T any](list []T) []T { return wire.Listed(list) }
