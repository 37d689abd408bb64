// Locks the account of a real agent and stops the agent, and prints how the client takes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	postern "postern.invalid/client"
	"postern.invalid/client/agent"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reference := os.Getenv("REFERENCE")
	byToken := must(postern.NewClient(ctx, postern.WithServiceAccountToken(os.Getenv("TOKEN"))))
	byPerson := must(postern.NewClient(ctx, postern.WithDesktopAppIntegration("Ada")))
	fmt.Println(must(byToken.Secrets().Resolve(ctx, reference)))

	_, err := postern.NewClient(ctx, postern.WithServiceAccountToken("postern_none"))
	fmt.Println(errors.Is(err, postern.ErrTokenInvalid), err)

	watch := must(byPerson.WatchSecret(ctx, reference))
	must(agent.Of(byPerson).SessionLock(ctx, agent.SessionLockParams{}))
	for change := range watch.Changes() {
		fmt.Println(change)
	}
	fmt.Println(watch.Err())
	fmt.Println(must(byToken.Secrets().Resolve(ctx, reference)))
	_, err = agent.Of(byPerson).SecretsResolve(ctx, agent.SecretsResolveParams{Reference: reference, NoWait: new(true)})
	_, isExpired := errors.AsType[*postern.DesktopSessionExpiredError](err)
	fmt.Println(errors.Is(err, postern.ErrLocked), isExpired, err)

	if err := agent.Of(byPerson).AgentStop(ctx); err != nil {
		log.Fatal(err)
	}
	// The agent answers before it has ended.
	for {
		_, err := byToken.Secrets().Resolve(ctx, reference)
		if _, isGone := errors.AsType[*postern.AgentNotRunningError](err); isGone || ctx.Err() != nil {
			fmt.Println(err)
			return
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
