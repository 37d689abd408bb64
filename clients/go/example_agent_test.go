//go:build agent

package postern_test

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

// These examples need a running agent, an account on it, and a token in the environment: `go test -tags agent`.

func ExampleClient_Secrets() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := postern.NewClient(ctx, postern.WithServiceAccountToken(os.Getenv("TOKEN")), postern.WithIntegrationInfo("CI", "1"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	url, err := client.Secrets().Resolve(ctx, "op://Demo/DATABASE_URL/password")
	fmt.Println(url, err)
	_, err = client.Secrets().Resolve(ctx, "op://Demo/None/password")
	fmt.Println(errors.Is(err, postern.ErrItemNotFound))
	// Output:
	// postgres://hunters-moon@db/shop <nil>
	// true
}

func ExampleClient_Call() {
	ctx := context.Background()
	client, err := postern.NewClient(ctx, postern.WithDesktopAppIntegration(""), postern.WithIntegrationInfo("shop", "1.0.0"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	status, err := agent.Of(client).AgentStatus(ctx)
	fmt.Println(status.State, err)
	// Output: unlocked <nil>
}
